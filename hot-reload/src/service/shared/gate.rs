//! [`Gate`]: whether values may become visible, and what holds them back.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::clock::time_of_day;
use crate::error::{Error, ErrorKind};
use crate::event::{HoldReason, Outcome};
use crate::revision::Revision;
use crate::snapshot::{Keepsake, Snapshot};
use crate::status::Hold;

/// Locked while a value becomes visible; so nothing does once the gate was shut.
pub(crate) struct Gate<V> {
    stopped: bool,
    paused: Option<SystemTime>,
    // Boxed, because most services never hold anything back.
    withdrawn: Option<Box<Withdrawn<V>>>,
    doubted: Option<Box<Doubted>>,
    /// The hold of a source that is not ready, and the longest time until its next load.
    awaited: Option<Box<(Hold, Duration)>>,
    /// The outcome before the source became not ready. The outcome after it is compared with this one.
    before_waiting: Option<Box<Outcome>>,
    resumed: u64,
}

/// What the source held when an earlier value was brought back. It stays away until the source holds something else.
pub(crate) struct Withdrawn<V> {
    value: Keepsake<V>,
    /// The state that the source was seen in last, if a person took the value back: whatever it stands for stays away.
    seen: Option<Revision>,
    /// Whether the source held the value, and not nothing.
    of_source: bool,
    since: SystemTime,
    /// Why, if that was no person's wish. It is the outcome of each look that finds the value again.
    failure: Option<Outcome>,
}

/// What stays away, for a look to compare with what it has found.
pub(crate) struct Absentee<V> {
    pub(crate) value: Snapshot<V>,
    pub(crate) seen: Option<Revision>,
    pub(crate) of_source: bool,
    /// The outcome of a look that finds it.
    pub(crate) outcome: Outcome,
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
    /// Whether a look has found it after that. It may be refused all the same, and does not wait anew for that.
    believed: bool,
}

impl<V> Gate<V> {
    pub(crate) fn new() -> Self {
        Self {
            stopped: false,
            paused: None,
            withdrawn: None,
            doubted: None,
            awaited: None,
            before_waiting: None,
            resumed: 0,
        }
    }

    /// Whether a value may become visible. An earlier one that is brought back may in a pause, too: the pause keeps the
    /// source out, and not the person who has called for it.
    pub(crate) fn admits(&self, brought_back: bool) -> Result<(), Outcome> {
        if self.stopped {
            let error = Error::new(ErrorKind::Stopped, "the service has stopped");
            return Err(Outcome::Failed { error });
        }
        match self.paused {
            Some(_) if !brought_back => Err(Outcome::Held),
            _ => Ok(()),
        }
    }

    /// From now on nothing becomes visible.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// From now on nothing of the source becomes visible. Whether that is news.
    pub(crate) fn pause(&mut self) -> bool {
        let news = self.paused.is_none() && !self.stopped;
        if news {
            self.paused = Some(time_of_day());
        }
        news
    }

    /// Whether what the source was found to hold is to be held back still.
    pub(crate) fn holds(&self) -> bool {
        match &self.doubted {
            _ if self.paused.is_some() => true,
            // What is doubted is something else than what was withdrawn, and has a time of its own.
            Some(doubted) => Instant::now() < doubted.until,
            None => self.withdrawn.is_some(),
        }
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Nothing is held back any more. What was, to be dropped when nothing is locked; nothing if there was nothing, or if
    /// nothing follows anyway.
    pub(crate) fn resume(&mut self) -> Option<Released<V>> {
        if self.stopped {
            return None;
        }
        self.resumed += 1;
        let paused = self.paused.take();
        let withdrawn = self.withdrawn.take();
        let doubted = self.doubted.take();
        let held = paused.is_some() || withdrawn.is_some() || doubted.is_some();
        held.then_some(Released(withdrawn))
    }

    /// How often that was called.
    pub(crate) fn resumed(&self) -> u64 {
        self.resumed
    }

    /// Holds back what the source holds: this value, unless one is held back already, and the state it was seen in last.
    pub(crate) fn withdraw(
        &mut self,
        value: &Snapshot<V>,
        seen: Option<Revision>,
        of_source: bool,
        failure: Option<Outcome>,
    ) {
        if seen.is_some() {
            // Whatever it stands for needs no doubt any more.
            self.doubted = None;
        }
        let withdrawn = self.withdrawn.get_or_insert_with(|| {
            Box::new(Withdrawn {
                value: Keepsake::of(value),
                seen: None,
                of_source,
                since: time_of_day(),
                failure,
            })
        });
        if seen.is_some() {
            withdrawn.seen = seen;
        }
    }

    /// The source holds something else, or is to be believed again.
    pub(crate) fn believe(&mut self) -> Option<Released<V>> {
        self.doubted = None;
        self.withdrawn
            .take()
            .map(|withdrawn| Released(Some(withdrawn)))
    }

    /// A value was found implausible. Whether it is to wait: not if it has waited long enough, which begins anew when it is
    /// another one. A source without revisions cannot tell whether it is.
    pub(crate) fn doubt(
        &mut self,
        reason: HoldReason,
        message: String,
        revision: Option<&Revision>,
        patience: Duration,
    ) -> bool {
        let now = Instant::now();
        match &mut self.doubted {
            Some(known) if known.reason == reason && known.revision.as_ref() == revision => {
                known.message = message;
                known.believed = now >= known.until;
                return !known.believed;
            }
            _ => {}
        }
        self.doubted = Some(Box::new(Doubted {
            reason,
            message,
            revision: revision.cloned(),
            since: time_of_day(),
            until: now + patience,
            patience,
            believed: patience.is_zero(),
        }));
        !patience.is_zero()
    }

    /// Sets the hold of the source, as the last load has found it.
    pub(crate) fn source_waits(&mut self, awaited: Option<(&Hold, Duration)>) {
        self.awaited = awaited.map(|(hold, again)| Box::new((hold.clone(), again)));
    }

    /// Whether the last load found the source not ready.
    pub(crate) fn is_source_waiting(&self) -> bool {
        self.awaited.is_some()
    }

    /// Notes that a load has found the source not ready, after this outcome.
    pub(crate) fn begin_waiting(&mut self, before: &Outcome) {
        if !matches!(before, Outcome::Held) {
            self.before_waiting = Some(Box::new(before.clone()));
        }
    }

    /// The outcome before the source was not ready, while it is not.
    pub(crate) fn before_waiting(&self) -> Option<&Outcome> {
        self.before_waiting.as_deref()
    }

    /// Takes the outcome before the source was not ready, if it has been not ready until now.
    pub(crate) fn end_waiting(&mut self) -> Option<Box<Outcome>> {
        self.before_waiting.take()
    }

    /// The time until a load may publish the held value, if time ends the hold.
    pub(crate) fn patience(&self) -> Option<Duration> {
        if let Some(awaited) = &self.awaited {
            return Some(awaited.1);
        }
        let doubted = self.doubted.as_ref().filter(|_| self.paused.is_none())?;
        Some(doubted.until.saturating_duration_since(Instant::now()))
    }

    /// What the source holds is not doubted, or is something else by now.
    pub(crate) fn undoubt(&mut self) {
        self.doubted = None;
    }

    /// The value that stays away.
    pub(crate) fn withdrawn(&self) -> Option<Absentee<V>> {
        let withdrawn = self.withdrawn.as_ref()?;
        Some(Absentee {
            value: withdrawn.value.snapshot().clone(),
            seen: withdrawn.seen.clone(),
            of_source: withdrawn.of_source,
            outcome: withdrawn.failure.clone().unwrap_or(Outcome::Held),
        })
    }

    /// For the status.
    pub(crate) fn hold(&self) -> Option<Hold> {
        let other = self.hold_but_for_a_pause();
        // After a stop nothing ends a pause, and nothing is kept away by it.
        let Some(since) = self.paused.filter(|_| !self.stopped) else {
            let awaited = self.awaited.as_ref().filter(|_| !self.stopped);
            return awaited.map(|awaited| awaited.0.clone()).or(other);
        };
        let also = other.map(|other| format!(", which also ends: {}", other.message));
        let also = also.unwrap_or_default();
        Some(Hold {
            reason: HoldReason::Paused,
            since,
            message: format!("paused: nothing of the source becomes visible before `resume`{also}"),
        })
    }

    fn hold_but_for_a_pause(&self) -> Option<Hold> {
        if let Some(doubted) = self.doubted.as_ref().filter(|doubted| !doubted.believed) {
            let Doubted {
                message, patience, ..
            } = &**doubted;
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
pub(crate) struct Released<V>(
    #[allow(dead_code, reason = "to be dropped")] Option<Box<Withdrawn<V>>>,
);
