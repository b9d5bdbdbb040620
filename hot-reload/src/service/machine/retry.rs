//! [`Retry`]: the time of the next load after a failure.

use std::time::Duration;

use super::super::settings::{REFUSED_CAP, REFUSED_FLOOR, REFUSED_LEAVE, RETRY_FLOOR};
use super::terms::Regime;
use super::time::take_due;
use crate::backoff::{Backoff, Jitter};

/// Two retry schedules, by the class of the error. Retries only shorten the period, with one exception: without a
/// heartbeat, the retries of a source that refuses access replace the period.
#[derive(Debug, Clone)]
pub(super) struct Retry {
    due: Option<Duration>,
    /// The schedule in use, if the last load failed.
    regime: Option<Regime>,
    passing: Backoff,
    refused: Backoff,
    /// Good loads since the source last refused.
    good: u32,
}

impl Retry {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            due: None,
            regime: None,
            passing: Backoff::new(RETRY_FLOOR, interval),
            refused: Backoff::new(REFUSED_FLOOR, REFUSED_CAP),
            good: 0,
        }
    }

    pub(super) fn failed(&mut self, now: Duration, regime: Regime, jitter: &mut Jitter) {
        self.good = 0;
        // An additional load in between must not stretch the schedule.
        if self.due.is_some_and(|due| due > now) && self.regime == Some(regime) {
            return;
        }
        self.regime = Some(regime);
        let delay = match regime {
            Regime::Passing => self.passing.delay(jitter),
            Regime::Refused => self.refused.delay(jitter),
        };
        self.due = Some(now + delay);
    }

    pub(super) fn succeeded(&mut self) {
        self.due = None;
        self.regime = None;
        self.passing.reset();
        self.good += 1;
        if self.good >= REFUSED_LEAVE {
            self.refused.reset();
        }
    }

    /// Sets the longest delay of a retry.
    pub(super) fn set_interval(&mut self, interval: Duration) {
        self.passing.set_cap(interval);
    }

    /// Cancels the pending retry.
    pub(super) fn cancel(&mut self) {
        self.due = None;
    }

    /// Sets the time of the next load after a rejection or a hold.
    pub(super) fn set_due(&mut self, due: Duration) {
        self.due = Some(due);
    }

    /// Whether the source refuses access, so that frequent loads are useless.
    pub(super) fn is_refused(&self) -> bool {
        self.regime == Some(Regime::Refused)
    }

    pub(super) fn next(&self) -> Option<Duration> {
        self.due
    }

    pub(super) fn take_due(&mut self, now: Duration) -> bool {
        take_due(&mut self.due, now)
    }
}
