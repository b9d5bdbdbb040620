//! [`Flight`]: the flight recorder: a small ring of recent events of a service.
//!
//! ```text
//!   driver ─▶ loads, the watch ─▶ Timeline ─▶ Explanation, which is printed for a person
//! ```
//!
//! The task of the service writes it, and callers copy it. No code of the user runs under its lock: entries that leave the ring
//! are dropped after it.

mod explanation;
#[cfg(feature = "serde")]
mod form;
mod span;
#[cfg(test)]
mod tests;
mod timeline;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

pub use self::explanation::Explanation;
pub(crate) use self::span::Span;
use self::timeline::{Evicted, Timeline};
use crate::clock::time_of_day;
use crate::error::Error;
use crate::event::{Causes, Outcome, Stage, Trigger, WatchState};
use crate::locks::lock;
use crate::panics::discard;
use crate::revision::Revision;
use crate::service::driver::clock::Clock;
use crate::snapshot::Generation;
use crate::status::Vote;
use crate::status::{Attempt, Hold, Status};

/// The default number of entries. Repetitions share one entry, so this covers the problems of a night. It is small, because a
/// process may have thousands of services.
pub(super) const ENTRIES: usize = 32;
/// The largest number of entries. A log serves longer histories.
const AT_MOST: usize = 4096;

/// See the [module documentation](self).
#[derive(Debug)]
pub(crate) struct Flight {
    /// The time since the service was created, across its runs.
    clock: Clock,
    records: Mutex<Records>,
}

#[derive(Debug)]
struct Records {
    timeline: Timeline,
    /// When the last good load ended.
    last_good: Option<Duration>,
    generation: Option<Generation>,
}

/// A load that has ended.
pub(super) struct EndedLoad<'l> {
    pub(super) trigger: Trigger,
    pub(super) causes: Causes,
    pub(super) outcome: &'l Outcome,
    pub(super) revision: Option<Revision>,
    /// The visible generation after it.
    pub(super) generation: Option<Generation>,
    /// The generation of its first publication, if it is a rollback.
    pub(super) origin: Option<Generation>,
    pub(super) hold: Option<Hold>,
    /// Whether the source was not ready.
    pub(super) waits: bool,
    pub(super) elapsed: Duration,
    pub(super) stages: &'l [(Stage, Duration)],
    pub(super) votes: &'l [Vote],
}

impl Flight {
    pub(super) fn new(entries: usize) -> Self {
        Self {
            clock: Clock::start(),
            records: Mutex::new(Records {
                timeline: Timeline::new(entries.min(AT_MOST)),
                last_good: None,
                generation: None,
            }),
        }
    }

    /// Records a load. Returns its record, which it may share with equal loads before it.
    pub(super) fn load_ended(&self, load_ended: EndedLoad<'_>) -> Arc<Attempt> {
        let now = self.clock.now();
        let at = time_of_day();
        let mut attempt = Attempt {
            trigger: load_ended.trigger,
            causes: load_ended.causes,
            outcome: load_ended.outcome.clone(),
            revision: load_ended.revision,
            generation: load_ended.generation,
            origin: load_ended.origin,
            hold: load_ended.hold,
            elapsed: load_ended.elapsed,
            stages: load_ended.stages.to_vec(),
            votes: load_ended.votes.to_vec(),
            changed: OnceLock::new(),
            since_start: now,
            at,
            times: 1,
            first: at,
            is_fallback: false,
        };
        let (attempt, evicted) = {
            let mut records = self.records();
            let is_good = attempt.outcome.is_current() || attempt.hold.is_some();
            if is_good && !load_ended.waits && attempt.trigger != Trigger::Rollback {
                records.last_good = Some(now);
            }
            let before = std::mem::replace(&mut records.generation, attempt.generation);
            attempt.is_fallback = attempt.generation != before && !attempt.outcome.is_current();
            records.timeline.load_ended(attempt)
        };
        discard(evicted);
        attempt
    }

    /// A load found no content, and a second load must confirm that.
    pub(super) fn absent(&self) {
        self.note(|timeline, now| timeline.absent(now));
    }

    /// The watch has changed its state.
    pub(super) fn watch_changed(&self, from: WatchState, to: WatchState, why: Option<&Error>) {
        self.note(|timeline, now| timeline.watch_changed(now, from, to, why));
    }

    /// The heartbeat found a change that the watch had not announced.
    pub(super) fn missed(&self) {
        self.note(|timeline, now| timeline.missed(now));
    }

    /// The visible value has failed its probation.
    pub(super) fn failed(&self, error: &Error) {
        self.note(|timeline, now| timeline.failed(now, error));
    }

    /// The visible value has passed its probation.
    pub(super) fn proven(&self, generation: Generation) {
        self.note(|timeline, now| timeline.proven(now, generation));
    }

    /// Records a pause.
    pub(super) fn paused(&self) {
        self.note(|timeline, now| timeline.paused(now));
    }

    /// Records a resume.
    pub(super) fn resumed(&self) {
        self.note(|timeline, now| timeline.resumed(now));
    }

    /// Copies the recent history of a service with this status.
    pub(super) fn explain(&self, status: Status) -> Explanation {
        let records = self.records();
        Explanation {
            status,
            now: self.clock.now(),
            at: time_of_day(),
            last_good: records.last_good,
            timeline: records.timeline.clone(),
        }
    }

    fn note(&self, note: impl FnOnce(&mut Timeline, Duration) -> Evicted) {
        let now = self.clock.now();
        // In a statement of its own: what is evicted is dropped without the lock.
        let evicted = note(&mut self.records().timeline, now);
        discard(evicted);
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        lock(&self.records)
    }
}
