//! [`Gate`]: whether values may become visible, and what holds them back.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::clock::time_of_day;
use crate::error::{Error, ErrorKind};
use crate::event::{HoldReason, Outcome, Trigger};
use crate::revision::Revision;
use crate::snapshot::{Keepsake, Snapshot};
use crate::status::Hold;

/// Locked while a value becomes visible; so nothing does once the gate was shut.
pub(super) struct Gate<V> {
    stopped: bool,
    paused: Option<SystemTime>,
    withdrawn: Option<Withdrawn<V>>,
    doubted: Option<Doubted>,
    resumed: u64,
}

/// What the source held when an earlier value was brought back. It stays away until the source holds something else.
pub(super) struct Withdrawn<V> {
    value: Keepsake<V>,
    since: SystemTime,
    /// Why, if that was no person's wish. It is the outcome of each look that finds the value again.
    pub(super) failure: Option<Outcome>,
}

/// A value of the source that is implausible, and waits to be confirmed.
struct Doubted {
    reason: HoldReason,
    message: String,
    revision: Option<Revision>,
    since: SystemTime,
    /// When it is to be believed.
    until: Instant,
    patience: Duration,
}

impl<V> Gate<V> {
    pub(super) fn new() -> Self {
        Self {
            stopped: false,
            paused: None,
            withdrawn: None,
            doubted: None,
            resumed: 0,
        }
    }

    /// Whether a value may become visible that a look of this trigger has found. An earlier one may in a pause, too: the
    /// pause keeps the source out, and not the person who has called for it.
    pub(super) fn admits(&self, trigger: Trigger) -> Result<(), Outcome> {
        if self.stopped {
            let error = Error::new(ErrorKind::Stopped, "the service has stopped");
            return Err(Outcome::Failed { error });
        }
        match self.paused {
            Some(_) if trigger != Trigger::Rollback => Err(Outcome::Held),
            _ => Ok(()),
        }
    }

    /// From now on nothing becomes visible.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    /// From now on nothing of the source becomes visible. Whether that is news.
    pub(super) fn pause(&mut self) -> bool {
        let news = self.paused.is_none() && !self.stopped;
        self.paused.get_or_insert_with(time_of_day);
        news
    }

    /// Whether anything is held back.
    pub(super) fn holds(&self) -> bool {
        let doubted = self.doubted.as_ref();
        self.paused.is_some()
            || self.withdrawn.is_some()
            || doubted.is_some_and(|doubted| Instant::now() < doubted.until)
    }

    /// The outcome of a look that finds what is held back.
    pub(super) fn held(&self) -> Outcome {
        let withdrawn = self.withdrawn.as_ref();
        let failure = withdrawn.and_then(|withdrawn| withdrawn.failure.clone());
        failure.unwrap_or(Outcome::Held)
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Nothing is held back any more. What was, to be dropped when nothing is locked; nothing if there was nothing.
    pub(super) fn resume(&mut self) -> Option<Released<V>> {
        self.resumed += 1;
        let paused = self.paused.take();
        let withdrawn = self.withdrawn.take();
        let doubted = self.doubted.take();
        let held = paused.is_some() || withdrawn.is_some() || doubted.is_some();
        held.then_some(Released(withdrawn))
    }

    /// How often that was called.
    pub(super) fn resumed(&self) -> u64 {
        self.resumed
    }

    /// Holds back what the source holds. If something is held back already, that is what it holds.
    pub(super) fn withdraw(&mut self, value: &Snapshot<V>, failure: Option<Outcome>) {
        self.withdrawn.get_or_insert_with(|| Withdrawn {
            value: Keepsake::of(value),
            since: time_of_day(),
            failure,
        });
    }

    /// The source holds something else, or is to be believed again.
    pub(super) fn believe(&mut self) -> Option<Released<V>> {
        self.doubted = None;
        self.withdrawn
            .take()
            .map(|withdrawn| Released(Some(withdrawn)))
    }

    /// A value was found implausible. Whether it is to wait: not if it has waited long enough, which begins anew when it is
    /// another one.
    pub(super) fn doubt(
        &mut self,
        reason: HoldReason,
        message: String,
        revision: Option<&Revision>,
        patience: Duration,
    ) -> bool {
        let now = Instant::now();
        match &self.doubted {
            Some(known) if known.reason == reason && known.revision.as_ref() == revision => {
                return now < known.until;
            }
            _ => {}
        }
        self.doubted = Some(Doubted {
            reason,
            message,
            revision: revision.cloned(),
            since: time_of_day(),
            until: now + patience,
            patience,
        });
        !patience.is_zero()
    }

    /// What the source holds is not doubted, or is something else by now.
    pub(super) fn undoubt(&mut self) {
        self.doubted = None;
    }

    /// The value that is held back, and the outcome of a look that finds it.
    pub(super) fn withdrawn(&self) -> Option<(Snapshot<V>, Outcome)> {
        let withdrawn = self.withdrawn.as_ref()?;
        let outcome = withdrawn.failure.clone().unwrap_or(Outcome::Held);
        Some((withdrawn.value.snapshot().clone(), outcome))
    }

    /// For the status.
    pub(super) fn hold(&self) -> Option<Hold> {
        if let Some(since) = self.paused {
            return Some(Hold {
                reason: HoldReason::Paused,
                since,
                message: "paused: nothing of the source becomes visible before `resume`".to_owned(),
            });
        }
        if let Some(doubted) = &self.doubted {
            let Doubted {
                message, patience, ..
            } = doubted;
            return Some(Hold {
                reason: doubted.reason,
                since: doubted.since,
                message: format!(
                    "{message}; held back until it has stayed so for {patience:?}, or `resume`"
                ),
            });
        }
        let withdrawn = self.withdrawn.as_ref()?;
        let generation = withdrawn.value.snapshot().generation();
        let (reason, message) = match withdrawn.failure.as_ref().and_then(Outcome::error) {
            None => (
                HoldReason::Rollback,
                format!(
                    "rolled back: generation {generation} stays away until the source changes or `resume`"
                ),
            ),
            Some(error) => (HoldReason::Probation, error.to_string()),
        };
        Some(Hold {
            reason,
            since: withdrawn.since,
            message,
        })
    }
}

/// What was held back. The user's code may run when it is dropped.
#[must_use = "it is dropped when nothing is locked"]
pub(super) struct Released<V>(#[allow(dead_code, reason = "to be dropped")] Option<Withdrawn<V>>);
