//! [`Agenda`]: gathers the causes of the next load, so that many causes make one load.

use std::time::Duration;

use super::super::settings::DEBOUNCE_CEILING;
use super::time::earliest;
use crate::backoff::Limit;
use crate::event::{Causes, Trigger};

/// The causes of the next load, and when they are due.
#[derive(Debug, Clone)]
pub(super) struct Agenda {
    requested: Causes,
    /// When the requested load is due.
    at: Option<Duration>,
    /// Hints whose debounce window has not ended.
    hints: Option<Hints>,
    debounce: Duration,
    limit: Option<Limit>,
}

#[derive(Debug, Clone, Copy)]
struct Hints {
    first: Duration,
    last: Duration,
}

impl Agenda {
    pub(super) fn new(debounce: Duration, rate: Option<(u32, Duration)>) -> Self {
        Self {
            requested: Causes::default(),
            at: None,
            hints: None,
            debounce,
            limit: rate.map(|(burst, pause)| Limit::new(burst, pause)),
        }
    }

    /// Requests a load at this moment. It begins earlier if another cause is due earlier.
    pub(super) fn request(&mut self, trigger: Trigger, at: Duration) {
        self.requested.insert(trigger);
        self.at = earliest([self.at, Some(at)]);
    }

    /// Makes the requested load due now.
    pub(super) fn hasten(&mut self, now: Duration) {
        if self.at.is_some() {
            self.at = Some(now);
        }
    }

    /// Adds a hint of the watch.
    pub(super) fn hint(&mut self, now: Duration) {
        let first = self.hints.map_or(now, |hints| hints.first);
        self.hints = Some(Hints { first, last: now });
    }

    /// Whether a hint is pending.
    pub(super) fn is_hinted(&self) -> bool {
        self.hints.is_some()
    }

    /// When the next cause is due.
    pub(super) fn next(&self) -> Option<Duration> {
        earliest([self.at, self.hints_due()])
    }

    /// Takes the due causes.
    pub(super) fn take_due(&mut self, now: Duration) -> Causes {
        let mut due = Causes::default();
        if self.at.is_some_and(|at| at <= now) {
            self.at = None;
            due = std::mem::take(&mut self.requested);
        }
        if self.hints_due().is_some_and(|at| at <= now) {
            self.hints = None;
            due.insert(Trigger::Watch);
            if let Some(limit) = &mut self.limit {
                limit.spend(now);
            }
        }
        due
    }

    /// Hints are due when none has come for the debounce window, or when they have kept coming for its ceiling. The rate limit
    /// may delay them further.
    fn hints_due(&self) -> Option<Duration> {
        let hints = self.hints?;
        let rested =
            (hints.last + self.debounce).min(hints.first + self.debounce * DEBOUNCE_CEILING);
        let allowed = self.limit.map_or(Duration::ZERO, |limit| limit.free_at());
        Some(rested.max(allowed))
    }
}
