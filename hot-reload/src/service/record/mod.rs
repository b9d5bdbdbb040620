//! [`Recorder`]: one look, or one change of the watch, into the status, the events and the log.
//!
//! The log says a thing once: a rejection at ERROR, a failure or a lost watch at WARN, and the same again only at DEBUG;
//! the recovery at INFO; a look that found nothing new at TRACE. What a source says of itself is told in the same way, at
//! WARN when it appears and at INFO when it is gone; at DEBUG what lies in its nature.
//!
//! An error about other content counts as new even if its text is the same, and so does the answer to a manual reload. Of
//! many rejections or failures in a row, the log has the first few lines and then summaries: [`storm`].

pub(crate) mod observer;
mod source;
mod storm;
mod swaps;
mod throttle;

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tracing::{debug, error, info, trace, warn};

use self::storm::{Line, Storms};
use crate::clock::time_of_day;
use crate::event::{DataState, EventKind, Outcome, Stage, Trigger};
use crate::panics::discard;
use crate::service::pipeline::trace::Trail;
use crate::service::shared::Board;
use crate::status::{Attempt, Hold};

/// The target of all log lines of services.
const TARGET: &str = "hot_reload";

pub(super) struct Recorder<V> {
    board: Arc<Board<V>>,
    /// Nothing until the first bad load: a healthy service pays nothing for it.
    storms: Option<Box<Storms>>,
}

impl<V> Recorder<V> {
    pub(super) fn new(board: Arc<Board<V>>) -> Self {
        Self {
            board,
            storms: None,
        }
    }

    /// Logs a load that ended at this time and is already in the status, and sends its event.
    pub(super) fn looked(
        &mut self,
        now: Duration,
        trigger: Trigger,
        outcome: &Outcome,
        elapsed: Duration,
        stages: &[(Stage, Duration)],
        noted: Noted,
    ) {
        let Noted {
            repeated,
            waits,
            fallback,
            emptied,
            hold,
        } = noted;
        let status = self.board.status();
        let (name, source) = (status.name.clone(), status.source.clone());
        let generation = status.generation.map(|generation| generation.get());
        drop(status);
        let source = source.as_deref().unwrap_or_default();
        let stays = stays(generation.is_some());
        macro_rules! log {
            ($level:ident, $($field:tt)*) => {
                $level!(
                    target: TARGET,
                    name,
                    source,
                    trigger = trigger.as_str(),
                    outcome = outcome.as_str(),
                    generation,
                    elapsed_ms = elapsed.as_millis() as u64,
                    $($field)*
                )
            };
        }
        match (outcome, repeated) {
            (Outcome::Published { .. }, _) if self.board.is_member() => {
                log!(info, "offered to the group");
            }
            (Outcome::Published { .. }, _) => log!(info, "published"),
            (Outcome::Unchanged, Repeated::Recovered) => {
                log!(info, "the source is good again, and holds what is visible");
            }
            (Outcome::Unchanged, Repeated::Released) => {
                log!(
                    info,
                    "nothing is held back any more, the source holds what is visible"
                );
            }
            (Outcome::Unchanged, _) => log!(trace, "nothing new"),
            (Outcome::Held, Repeated::Yes) => log!(trace, "still held back"),
            (Outcome::Held, _) if waits => {
                let hold = hold.map(|hold| hold.message).unwrap_or_default();
                log!(info, hold, "the source is not ready, {stays}");
            }
            (Outcome::Held, _) => {
                let hold = hold.map(|hold| hold.message).unwrap_or_default();
                log!(warn, hold, "held back, {stays}");
            }
            // A manual reload is logged in full each time.
            (Outcome::Rejected { stage, error }, Repeated::Yes) if !trigger.is_personal() => {
                log!(debug, stage = stage.as_str(), "still rejected: {error}");
            }
            (Outcome::Rejected { stage, error }, _) => {
                let text = match emptied {
                    // The error already says that the last good value stays.
                    true => error.to_string(),
                    false => format!("rejected, {stays}: {error}"),
                };
                match self
                    .storms()
                    .rejections
                    .admit(now, || Line::rejected(*stage, error))
                {
                    true => log!(error, stage = stage.as_str(), "{text}"),
                    false => log!(debug, stage = stage.as_str(), "{text}"),
                }
            }
            (Outcome::Failed { error }, Repeated::Yes) if !trigger.is_personal() => {
                log!(debug, "still failing: {error}");
            }
            (Outcome::Failed { error }, _) => {
                match self.storms().failures.admit(now, || Line::failed(error)) {
                    true => log!(warn, "the source could not be loaded, {stays}: {error}"),
                    false => log!(debug, "the source could not be loaded, {stays}: {error}"),
                }
            }
            (Outcome::Missing, _) if fallback == Fallback::Default && emptied => {
                log!(warn, "{source}: is empty; the default is visible now");
            }
            (Outcome::Missing, _) if fallback == Fallback::Default => {
                log!(warn, "the source holds nothing, the default is visible now");
            }
            (Outcome::Missing, Repeated::Yes) if !trigger.is_personal() => {
                log!(debug, "the source still holds nothing");
            }
            (Outcome::Missing, _) => log!(warn, "the source holds nothing, {stays}"),
        }
        // Content that stays rejected has one event, and one for each manual reload; so has a source that is not ready.
        let known =
            (waits || matches!(outcome, Outcome::Rejected { .. })) && repeated == Repeated::Yes;
        if !known || trigger.is_personal() {
            self.board.tell(|| EventKind::Load {
                trigger,
                outcome: outcome.clone(),
                elapsed,
                stages: stages.to_vec(),
            });
        }
    }

    /// Writes the load into the status, and returns how it relates to the load before.
    pub(super) fn note(&self, trigger: Trigger, outcome: &Outcome, trail: &Trail) -> Noted {
        let hold = self.board.hold();
        let generation = self
            .board
            .publisher
            .current()
            .map(|current| current.generation());
        let now = time_of_day();
        let held = matches!(outcome, Outcome::Held);
        // The source is not ready: its last known state stays.
        let waits = held && self.board.gate().is_source_waiting();
        let mut status = self.board.status();
        let before = status.last_attempt.take();
        // An error may hold what is the user's, and is not dropped while the status is locked.
        let last_error = match waits {
            true => None,
            false => mem::replace(&mut status.last_error, outcome.error().cloned()),
        };
        let published = status.generation != generation;
        // The default of a removal policy, or what was kept of an earlier run.
        let fallback = published && !outcome.is_current();
        status.data = match generation {
            None => DataState::None,
            Some(_) if waits && !fallback => status.data,
            // What is visible is meant to be, and the source was looked at.
            Some(_) if held && status.data != DataState::Restored => DataState::Fresh,
            Some(_) if outcome.is_current() => DataState::Fresh,
            Some(_) if fallback || status.data == DataState::Restored => DataState::Restored,
            // With a bound it is time that makes a value stale.
            Some(_) if status.max_staleness.is_some() => status.data,
            Some(_) => DataState::Stale,
        };
        if outcome.is_current() || (held && !waits) {
            status.last_checked = Some(now);
        }
        let counters = &mut status.counters;
        counters.loads += 1;
        match outcome {
            Outcome::Published { .. } => {}
            Outcome::Unchanged => counters.unchanged += 1,
            Outcome::Rejected { .. } => counters.rejected += 1,
            Outcome::Failed { .. } => counters.failed += 1,
            Outcome::Missing => counters.missing += 1,
            Outcome::Held => counters.held += 1,
        }
        if published {
            status.counters.published += 1;
            status.last_published = Some(now);
            status.generation = generation;
        }
        // Here it is what was told last; whoever asks for the status is told what is so now.
        let told = mem::replace(&mut status.hold, hold.clone());
        let kind = |hold: &Hold| (hold.reason, hold.since);
        let before_it = before.as_ref().map(|before| &before.outcome);
        let repeated = match Repeated::of(before_it, outcome) {
            Repeated::Yes if is_answer(trigger, outcome, trail) => Repeated::No,
            Repeated::Yes if held && told.as_ref().map(kind) != hold.as_ref().map(kind) => {
                Repeated::No
            }
            repeated => repeated,
        };
        status.last_attempt = Some(Attempt {
            trigger,
            outcome: outcome.clone(),
            at: now,
        });
        drop(status);
        let mut gate = self.board.gate();
        let earlier = match (waits, &before) {
            (true, Some(before)) => {
                gate.begin_waiting(&before.outcome);
                None
            }
            _ => gate.end_waiting(),
        };
        drop(gate);
        // An outcome logged before the source was not ready is not logged again after it.
        let repeated = match Repeated::of(earlier.as_deref(), outcome) {
            Repeated::Yes if !is_answer(trigger, outcome, trail) => Repeated::Yes,
            _ => repeated,
        };
        discard((before, last_error, earlier));
        Noted {
            repeated,
            waits,
            fallback: match fallback {
                true if trail.restored => Fallback::Restored,
                true => Fallback::Default,
                false => Fallback::None,
            },
            emptied: trail.emptied,
            hold,
        }
    }
}

/// What there is to be told of a look that was noted.
pub(super) struct Noted {
    repeated: Repeated,
    /// Whether the source was not ready.
    waits: bool,
    fallback: Fallback,
    /// Whether the source exists but is empty.
    emptied: bool,
    /// What holds values back now.
    hold: Option<Hold>,
}

impl Noted {
    pub(super) fn hold(&self) -> Option<&Hold> {
        self.hold.as_ref()
    }
}

/// What stands in for the source's value since a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fallback {
    None,
    /// What was kept of an earlier run.
    Restored,
    /// The default of a removal policy.
    Default,
}

/// How an outcome relates to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeated {
    /// The same has been said already.
    Yes,
    /// The one before was no good, and this one is.
    Recovered,
    /// The one before was good and held back, and this one is visible.
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
                before if before.is_current() => Self::No,
                _ => Self::Recovered,
            };
        }
        match before.says_the_same(now) {
            true => Self::Yes,
            false => Self::No,
        }
    }
}

/// Whether somebody waits for this outcome although it repeats the one before: a person who requested a reload, or the
/// author of changed content. Without a revision, only a hint from the watch shows that the content changed.
fn is_answer(trigger: Trigger, outcome: &Outcome, trail: &Trail) -> bool {
    match outcome {
        Outcome::Rejected { error, .. } => {
            let unnamed = trail.fresh && error.revision().is_none();
            trigger.is_personal() || (unnamed && trigger == Trigger::Watch)
        }
        Outcome::Failed { .. } => trigger.is_personal(),
        _ => false,
    }
}

/// The part of a log line that says what stays in force.
fn stays(has_value: bool) -> &'static str {
    match has_value {
        true => "the last good value stays",
        false => "there is no value yet",
    }
}
