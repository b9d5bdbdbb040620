//! [`Agenda`]: gathers the causes of the next load, so that many causes make one load.

use std::time::Duration;

use super::super::settings::{DEBOUNCE_CEILING, Settings};
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
    /// When the whole burst of the rate limit is available again.
    rested: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Hints {
    first: Duration,
    last: Duration,
    /// The random delay of their load.
    delay: Duration,
}

impl Agenda {
    pub(super) fn new() -> Self {
        Self {
            requested: Causes::default(),
            at: None,
            hints: None,
            rested: Duration::ZERO,
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

    /// Cancels a requested load that is due later: it waits for a watch. A person's request is due at once.
    pub(super) fn cancel_later(&mut self, now: Duration) {
        if self.at.take_if(|at| *at > now).is_some() {
            self.requested = Causes::default();
        }
    }

    /// Adds a hint of the watch. The first one since the last load draws the random delay of the load.
    pub(super) fn hint(&mut self, now: Duration, delay: impl FnOnce() -> Duration) {
        let hints = self.hints.get_or_insert_with(|| Hints {
            first: now,
            last: now,
            delay: delay(),
        });
        hints.last = now;
    }

    /// Whether a hint is pending.
    pub(super) fn is_hinted(&self) -> bool {
        self.hints.is_some()
    }

    /// Drops the pending hints.
    pub(super) fn drop_hints(&mut self) {
        self.hints = None;
    }

    /// When the next cause is due.
    pub(super) fn next(&self, settings: &Settings) -> Option<Duration> {
        earliest([self.at, self.hints_due(settings)])
    }

    /// Takes the due causes.
    pub(super) fn take_due(&mut self, now: Duration, settings: &Settings) -> Causes {
        let mut due = Causes::default();
        if self.at.is_some_and(|at| at <= now) {
            self.at = None;
            due = std::mem::take(&mut self.requested);
        }
        if self.hints_due(settings).is_some_and(|at| at <= now) {
            self.hints = None;
            due.insert(Trigger::Watch);
            if let Some(mut limit) = self.limit(settings) {
                limit.spend(now);
                self.rested = limit.even();
            }
        }
        due
    }

    /// Hints are due when none has come for the debounce window, or when they have kept coming for its ceiling. The random
    /// delay is added to that. The rate limit may delay them further.
    fn hints_due(&self, settings: &Settings) -> Option<Duration> {
        let (hints, debounce) = (self.hints?, settings.debounce);
        let rested = (hints.last + debounce).min(hints.first + debounce * DEBOUNCE_CEILING);
        let limit = self.limit(settings);
        let allowed = limit.map_or(Duration::ZERO, |limit| limit.free_at());
        Some((rested + hints.delay).max(allowed))
    }
    /// The rate limit, as the loads so far leave it.
    fn limit(&self, settings: &Settings) -> Option<Limit> {
        let (burst, pause) = settings.rate?;
        Some(Limit::new(burst, pause).spent_until(self.rested))
    }
}
