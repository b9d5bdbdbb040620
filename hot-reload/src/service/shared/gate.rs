//! [`Gate`]: decides whether a value may be published, and keeps all holds.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::clock::time_of_day;
use crate::error::{Error, ErrorKind};
use crate::event::{HoldReason, Outcome};
use crate::revision::Revision;
use crate::service::settings::LONGEST;
use crate::snapshot::{EngineShare, Snapshot};
use crate::status::Hold;

/// Locked while a value is published, so nothing is published after the gate was shut.
pub(crate) struct Gate<V> {
    stopped: bool,
    paused: Option<SystemTime>,
    // Boxed, because most services never hold anything.
    rolled_back: Option<Box<RolledBack<V>>>,
    admission: Option<Box<AdmissionHold>>,
    /// The hold of a source that is not ready, and the longest time until its next load.
    awaited: Option<Box<(Hold, Duration)>>,
    /// The outcome before the source became not ready. The outcome after it is compared with this one.
    before_waiting: Option<Box<Outcome>>,
    resumed: u64,
}

/// The content of the source that a rollback replaced. It is held until the source changes.
pub(crate) struct RolledBack<V> {
    value: EngineShare<V>,
    /// The last seen state of the source, if a person requested the rollback: the content of that state is held, too.
    seen: Option<Revision>,
    /// Whether the value came from the source, rather than from the removal policy.
    of_source: bool,
    since: SystemTime,
    /// The failure that led to the rollback, if no person requested it. Each load that finds the value again has this outcome.
    failure: Option<Outcome>,
}

/// A value held by a rollback, for comparison with a loaded one.
pub(crate) struct RollbackHold<V> {
    pub(crate) value: Snapshot<V>,
    pub(crate) seen: Option<Revision>,
    pub(crate) of_source: bool,
    /// The outcome of a load that finds the value.
    pub(crate) outcome: Outcome,
}

/// An implausible value of the source that waits for confirmation.
struct AdmissionHold {
    reason: HoldReason,
    message: String,
    revision: Option<Revision>,
    since: SystemTime,
    /// When the value counts as confirmed.
    until: Instant,
    patience: Duration,
    /// Whether a load has found it after that time. If it is then refused, it does not wait again.
    confirmed: bool,
}

impl<V> Gate<V> {
    pub(crate) fn new() -> Self {
        Self {
            stopped: false,
            paused: None,
            rolled_back: None,
            admission: None,
            awaited: None,
            before_waiting: None,
            resumed: 0,
        }
    }

    /// Whether a value may be published. A rollback is admitted during a pause: a pause holds the source, not a person.
    pub(crate) fn admits(&self, is_rollback: bool) -> Result<(), Outcome> {
        if self.stopped {
            let error = Error::new(ErrorKind::Stopped, "the service has stopped");
            return Err(Outcome::Failed { error });
        }
        match self.paused {
            Some(_) if !is_rollback => Err(Outcome::Held),
            _ => Ok(()),
        }
    }

    /// From now on nothing is published.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// From now on no content of the source is published. Returns whether that is new.
    pub(crate) fn pause(&mut self) -> bool {
        let is_new = self.paused.is_none() && !self.stopped;
        if is_new {
            self.paused = Some(time_of_day());
        }
        is_new
    }

    /// Whether the content of the source is held now.
    pub(crate) fn holds(&self) -> bool {
        match &self.admission {
            _ if self.paused.is_some() => true,
            // An implausible value is not the one that a rollback holds, and has a time of its own.
            Some(admission) => Instant::now() < admission.until,
            None => self.rolled_back.is_some(),
        }
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Ends all holds. Returns the held value, to be dropped without a lock. `None` if there was no hold or the service has
    /// stopped.
    pub(crate) fn resume(&mut self) -> Option<Released<V>> {
        if self.stopped {
            return None;
        }
        self.resumed += 1;
        let paused = self.paused.take();
        let rolled_back = self.rolled_back.take();
        let admission = self.admission.take();
        let held = paused.is_some() || rolled_back.is_some() || admission.is_some();
        held.then_some(Released(rolled_back))
    }

    /// The number of calls of [`resume`](Self::resume).
    pub(crate) fn resumed(&self) -> u64 {
        self.resumed
    }

    /// Holds this value of the source, unless one is held already, and the last seen state of the source.
    pub(crate) fn hold_rolled_back(
        &mut self,
        value: &Snapshot<V>,
        seen: Option<Revision>,
        of_source: bool,
        failure: Option<Outcome>,
    ) {
        if seen.is_some() {
            // The rollback holds any content of this revision.
            self.admission = None;
        }
        let rolled_back = self.rolled_back.get_or_insert_with(|| {
            Box::new(RolledBack {
                value: EngineShare::of(value),
                seen: None,
                of_source,
                since: time_of_day(),
                failure,
            })
        });
        if seen.is_some() {
            rolled_back.seen = seen;
        }
    }

    /// Ends the hold of a rollback and of admission, because the source has changed or its content is visible.
    pub(crate) fn clear_hold(&mut self) -> Option<Released<V>> {
        self.admission = None;
        self.rolled_back
            .take()
            .map(|rolled_back| Released(Some(rolled_back)))
    }

    /// Holds an implausible value. Returns whether it must wait: not if it has waited long enough. Another revision restarts the
    /// wait; without revisions, all values count as the same.
    pub(crate) fn hold_for_admission(
        &mut self,
        reason: HoldReason,
        message: String,
        revision: Option<&Revision>,
        patience: Duration,
    ) -> bool {
        let now = Instant::now();
        match &mut self.admission {
            Some(known) if known.is_for(reason, revision) => {
                known.message = message;
                known.confirmed = now >= known.until;
                return !known.confirmed;
            }
            _ => {}
        }
        self.admission = Some(Box::new(AdmissionHold {
            reason,
            message,
            revision: revision.cloned(),
            since: time_of_day(),
            until: now + patience,
            patience,
            confirmed: patience.is_zero(),
        }));
        !patience.is_zero()
    }

    /// The hold that [`hold_for_admission`](Self::hold_for_admission) would begin or prolong, if the value would have to wait.
    pub(crate) fn admission_hold(
        &self,
        reason: HoldReason,
        message: String,
        revision: Option<&Revision>,
        patience: Duration,
    ) -> Option<Hold> {
        let known = self.admission.as_ref();
        let known = known.filter(|known| known.is_for(reason, revision));
        let waits = match known {
            Some(known) => Instant::now() < known.until,
            None => !patience.is_zero(),
        };
        let since = known.map_or_else(time_of_day, |known| known.since);
        waits.then(|| admission_hold(reason, &message, since, patience))
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
        if !before.is_held() {
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
        let admission = self.admission.as_ref().filter(|_| self.paused.is_none())?;
        Some(admission.until.saturating_duration_since(Instant::now()))
    }

    /// Ends the hold of admission: the content is plausible, or has changed.
    pub(crate) fn clear_admission_hold(&mut self) {
        self.admission = None;
    }

    /// The value that a rollback holds.
    pub(crate) fn rolled_back(&self) -> Option<RollbackHold<V>> {
        let rolled_back = self.rolled_back.as_ref()?;
        Some(RollbackHold {
            value: rolled_back.value.snapshot().clone(),
            seen: rolled_back.seen.clone(),
            of_source: rolled_back.of_source,
            outcome: rolled_back.failure.clone().unwrap_or(Outcome::Held),
        })
    }

    /// For the status.
    pub(crate) fn hold(&self) -> Option<Hold> {
        let other = self.hold_but_for_a_pause();
        // After a stop, a pause holds nothing.
        let Some(since) = self.paused.filter(|_| !self.stopped) else {
            let awaited = self.awaited.as_ref().filter(|_| !self.stopped);
            return awaited.map(|awaited| awaited.0.clone()).or(other);
        };
        let also = other.map(|other| format!(", which also ends: {}", other.message));
        let also = also.unwrap_or_default();
        Some(Hold {
            reason: HoldReason::Paused,
            since,
            message: format!("paused: nothing from the source is published until `resume`{also}"),
        })
    }

    fn hold_but_for_a_pause(&self) -> Option<Hold> {
        if let Some(admission) = self
            .admission
            .as_ref()
            .filter(|admission| !admission.confirmed)
        {
            let AdmissionHold {
                reason,
                message,
                since,
                patience,
                ..
            } = &**admission;
            return Some(admission_hold(*reason, message, *since, *patience));
        }
        let rolled_back = self.rolled_back.as_ref()?;
        let generation = rolled_back.value.snapshot().generation();
        let (reason, message) = match rolled_back.failure.as_ref().and_then(Outcome::error) {
            None => (
                HoldReason::Rollback,
                format!(
                    "rolled back: generation {generation} is held until the source changes, or until `resume`"
                ),
            ),
            Some(error) => (HoldReason::Probation, error.to_string()),
        };
        Some(Hold {
            reason,
            since: rolled_back.since,
            message,
        })
    }
}

impl AdmissionHold {
    /// Whether it holds content of this revision for this reason. Without revisions, all content counts as the same.
    fn is_for(&self, reason: HoldReason, revision: Option<&Revision>) -> bool {
        self.reason == reason && self.revision.as_ref() == revision
    }
}

fn admission_hold(
    reason: HoldReason,
    message: &str,
    since: SystemTime,
    patience: Duration,
) -> Hold {
    let until = match patience {
        LONGEST => String::new(),
        patience => format!("the source has kept it for {patience:?}, or until "),
    };
    Hold {
        reason,
        since,
        message: format!("{message}; held until {until}`resume`"),
    }
}

/// A value that was held. The user's code may run when it is dropped.
#[must_use = "it is dropped when nothing is locked"]
pub(crate) struct Released<V>(
    #[allow(dead_code, reason = "to be dropped")] Option<Box<RolledBack<V>>>,
);
