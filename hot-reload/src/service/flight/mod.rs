//! [`Flight`]: the flight recorder: a small ring of recent events of a service.
//!
//! ```text
//!   driver ─▶ loads, the watch ─▶ Timeline ─┐
//!          ─▶ inputs, answers ──▶ Tape ──┴─▶ Explanation: printed for a person, and replayed
//! ```
//!
//! The task of the service writes it, and callers copy it. No code of the user runs under its lock: entries that leave the ring
//! are dropped after it.

mod cycle;
mod explanation;
#[cfg(feature = "serde")]
mod form;
mod span;
mod tape;
#[cfg(test)]
mod tests;
mod timeline;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub use self::cycle::Cycle;
pub use self::explanation::Explanation;
pub use self::tape::Divergence;
use self::tape::Tape;
use self::timeline::{Evicted, Timeline};
use super::machine::{Actions, Causes, Input};
use super::settings::Settings;
use crate::backoff::Jitter;
use crate::clock::time_of_day;
use crate::error::Error;
use crate::event::{Outcome, Stage, Trigger, WatchState};
use crate::locks::lock;
use crate::panics::discard;
use crate::receipt::Vote;
use crate::revision::Revision;
use crate::service::driver::clock::Clock;
use crate::snapshot::Generation;
use crate::status::{Hold, Status};

/// The default number of entries. Repetitions share one entry, so this covers the problems of a night. It is small, because a
/// process may have thousands of services.
pub(super) const ENTRIES: usize = 32;
/// The largest number of entries. A log serves longer histories.
const AT_MOST: usize = 4096;
/// How many steps of the machine are kept for each entry. A load is a step that begins it and one that ends it.
const STEPS: usize = 2;

/// See the [module documentation](self).
#[derive(Debug)]
pub(crate) struct Flight {
    /// The time since the service was created, across its runs.
    clock: Clock,
    steps: usize,
    records: Mutex<Records>,
}

#[derive(Debug)]
struct Records {
    timeline: Timeline,
    /// The recording of the present run, or of the last one.
    tape: Option<Tape>,
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
    pub(super) elapsed: Duration,
    pub(super) stages: &'l [(Stage, Duration)],
    pub(super) votes: &'l [Vote],
}

impl Flight {
    pub(super) fn new(entries: usize) -> Self {
        let entries = entries.min(AT_MOST);
        Self {
            clock: Clock::start(),
            steps: entries * STEPS,
            records: Mutex::new(Records {
                timeline: Timeline::new(entries),
                tape: None,
                last_good: None,
                generation: None,
            }),
        }
    }

    /// Begins the recording of a run, with a machine of these settings.
    pub(super) fn begin(&self, settings: Arc<Settings>, jitter: Jitter) {
        if self.steps > 0 {
            self.records().tape = Some(Tape::new(settings, jitter, self.steps));
        }
    }

    /// Records an input of the machine and its actions. `watch` is the state of the watch after it.
    pub(super) fn handled(&self, now: Duration, input: Input, actions: Actions, watch: WatchState) {
        if let Some(tape) = &mut self.records().tape {
            tape.handled(now, input, actions, watch);
        }
    }

    /// Records the longest pause that the source wants.
    pub(super) fn wanted(&self, wanted: Option<Duration>) {
        if let Some(tape) = &mut self.records().tape {
            tape.wanted(wanted);
        }
    }

    pub(super) fn load_ended(&self, load_ended: EndedLoad<'_>) {
        let now = self.clock.now();
        let at = time_of_day();
        let mut cycle = Box::new(Cycle {
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
            since_start: now,
            at,
            times: 1,
            first: at,
            is_fallback: false,
        });
        let evicted = {
            let mut records = self.records();
            let checked = cycle.outcome.is_current() || cycle.hold.is_some();
            if checked && cycle.trigger != Trigger::Rollback {
                records.last_good = Some(now);
            }
            let before = std::mem::replace(&mut records.generation, cycle.generation);
            cycle.is_fallback = cycle.generation != before && !cycle.outcome.is_current();
            let evicted = records.timeline.load_ended(cycle);
            records.note_eviction(&evicted);
            evicted
        };
        discard(evicted);
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
            tape: records.tape.clone(),
        }
    }

    fn note(&self, note: impl FnOnce(&mut Timeline, Duration) -> Evicted) {
        let now = self.clock.now();
        let evicted = {
            let mut records = self.records();
            let evicted = note(&mut records.timeline, now);
            records.note_eviction(&evicted);
            evicted
        };
        discard(evicted);
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        lock(&self.records)
    }
}

impl Records {
    /// Keeps the steps that led to a new entry for longer.
    fn note_eviction(&mut self, evicted: &Evicted) {
        if let Some(tape) = self.tape.as_mut().filter(|_| evicted.is_new) {
            tape.keep_longer();
        }
    }
}
