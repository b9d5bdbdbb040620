//! Writes each load to the status, and compares it with the load before.

use std::mem;
use std::sync::Arc;

use super::Recorder;
use crate::event::{DataState, Outcome, Trigger};
use crate::panics::discard;
use crate::service::pipeline::trace::LoadTrace;
use crate::status::{Attempt, Hold};

impl<V> Recorder<V> {
    /// Writes the load into the status, and returns how it relates to the load before. `hold` is the present hold.
    pub(crate) fn note(
        &self,
        attempt: &Arc<Attempt>,
        hold: Option<Hold>,
        trace: &LoadTrace,
    ) -> Noted {
        let (trigger, outcome) = (attempt.trigger, &attempt.outcome);
        let generation = self
            .shared
            .publisher
            .current()
            .map(|current| current.generation());
        let now = attempt.at;
        let held = outcome.is_held();
        // The source is not ready: its last known state stays.
        let waits = held && self.shared.gate().is_source_waiting();
        let mut status = self.shared.status();
        let before = status.last_attempt.take();
        // An error may hold objects of the user, so it is not dropped under the lock of the status.
        let last_error = match waits {
            true => None,
            false => mem::replace(&mut status.last_error, outcome.error().cloned()),
        };
        let published = status.generation != generation;
        // The default of a removal policy, or the restored value of an earlier run.
        let fallback = published && !outcome.is_current();
        let data = match generation {
            None => DataState::None,
            Some(_) if waits && !fallback => status.data,
            // The visible value is intended, and the source was loaded.
            Some(_) if held && status.data != DataState::Restored => DataState::Fresh,
            Some(_) if outcome.is_current() => DataState::Fresh,
            Some(_) if fallback || status.data == DataState::Restored => DataState::Restored,
            // With a bound it is time that makes a value stale.
            Some(_) if status.max_staleness.is_some() => status.data,
            Some(_) => DataState::Stale,
        };
        status.set_data(data, now);
        if outcome.is_current() || (held && !waits) {
            status.last_verified = Some(now);
        }
        status.counters.count(attempt);
        if published {
            status.counters.published += 1;
            status.last_published = Some(now);
            status.generation = generation;
        }
        // This field has the last reported hold. `Shared` computes the present one for callers.
        let reported = mem::replace(&mut status.hold, hold.clone());
        let kind = |hold: &Hold| (hold.reason, hold.since);
        let before_it = before.as_ref().map(|before| &before.outcome);
        let is_new = is_answer(trigger, outcome, trace)
            || (held && reported.as_ref().map(kind) != hold.as_ref().map(kind));
        let mut repeated = Repeated::of(before_it, outcome);
        if repeated == Repeated::Yes && is_new {
            repeated = Repeated::No;
        }
        status.last_attempt = Some(Arc::clone(attempt));
        drop(status);
        let mut gate = self.shared.gate();
        let earlier = match (waits, &before) {
            (true, Some(before)) => {
                gate.begin_waiting(&before.outcome);
                None
            }
            _ => gate.end_waiting(),
        };
        drop(gate);
        // An outcome logged before the source was not ready is not logged again after it.
        if Repeated::of(earlier.as_deref(), outcome) == Repeated::Yes
            && !is_answer(trigger, outcome, trace)
        {
            repeated = Repeated::Yes;
        }
        discard((before, last_error, earlier));
        Noted {
            repeated,
            waits,
            fallback: match fallback {
                true if trace.restored => Fallback::Restored,
                true => Fallback::Default,
                false => Fallback::None,
            },
            emptied: trace.emptied,
            hold,
        }
    }
}

/// The facts about a load that the log and the events need.
pub(crate) struct Noted {
    pub(super) repeated: Repeated,
    /// Whether the source was not ready.
    pub(super) waits: bool,
    pub(super) fallback: Fallback,
    /// Whether the source exists but is empty.
    pub(super) emptied: bool,
    /// The present hold.
    pub(super) hold: Option<Hold>,
}

/// The kind of value that this load published in place of the content of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fallback {
    None,
    /// The restored value of an earlier run.
    Restored,
    /// The default of a removal policy.
    Default,
}

/// How an outcome relates to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeated {
    /// The same outcome was reported already.
    Yes,
    /// The outcome before was bad, and this one is good.
    Recovered,
    /// The outcome before was held, and this value is visible.
    Released,
    No,
}

impl Repeated {
    fn of(before: Option<&Outcome>, now: &Outcome) -> Self {
        let Some(before) = before else {
            return Self::No;
        };
        if now.is_current() {
            return match before {
                Outcome::Held => Self::Released,
                Outcome::Published { .. } | Outcome::Unchanged => Self::No,
                Outcome::Rejected { .. } | Outcome::Failed { .. } | Outcome::Missing => {
                    Self::Recovered
                }
            };
        }
        match before.is_same_report(now) {
            true => Self::Yes,
            false => Self::No,
        }
    }
}

/// Whether a person waits for this outcome, so that it is reported although it repeats the one before. The person requested a
/// reload, or changed the content. Without a revision, only a hint from the watch shows that the content changed.
fn is_answer(trigger: Trigger, outcome: &Outcome, trace: &LoadTrace) -> bool {
    match outcome {
        Outcome::Rejected { error, .. } => {
            let unnamed = trace.fresh && error.revision().is_none();
            trigger.is_requested() || (unnamed && trigger == Trigger::Watch)
        }
        Outcome::Failed { .. } => trigger.is_requested(),
        Outcome::Published { .. } | Outcome::Unchanged | Outcome::Missing | Outcome::Held => false,
    }
}
