//! The period: the longest pause between two loads, by the state of the watch.
//!
//! | strategy | the watch is trusted | in every other state |
//! |---|---|---|
//! | polling | | the interval |
//! | realtime | no bound | the interval |
//! | hybrid | the heartbeat | the interval or the heartbeat, whichever is shorter |
//!
//! Hints, requests and retries only shorten a pause. In hybrid the bound holds whatever the last load led to. Without a
//! heartbeat, a source that refuses access is the one exception: its retries, 5 min to 1 h apart, stand in for the
//! interval.

use std::time::Duration;

use super::super::settings::{INTERVAL_FLOOR, PERIOD_JITTER_PERCENT};
use super::{Machine, earliest};
use crate::event::LinkState;

impl Machine {
    /// The longest pause between two loads that the source accepts for now. It counts at once, like a shorter heartbeat; a
    /// service without a heartbeat ignores it.
    pub(in super::super) fn want(&mut self, wanted: Option<Duration>) {
        let wanted = wanted.map(|wanted| wanted.max(INTERVAL_FLOOR));
        self.wanted = wanted.filter(|_| self.settings.heartbeat.is_some());
        if self.periodic.is_some() {
            self.periodic = earliest([self.periodic, self.wanted_at()]);
        }
    }

    /// The watch is believed less than before: a look that is due sooner than the new period stays due.
    pub(super) fn shorten_period(&mut self) {
        let before = self.periodic;
        self.draw_period();
        self.periodic = earliest([before, self.periodic]);
    }

    /// Sets the next periodic look, by the state of the watch.
    pub(super) fn draw_period(&mut self) {
        let interval = self.settings.interval;
        let period = match (self.link.state(), self.settings.heartbeat) {
            // The schedule of a source that refuses stands in for the period.
            (_, None) if self.retry.is_refused() => None,
            (LinkState::Trusted, heartbeat) => heartbeat,
            // What stands in for a trusted watch is never slower than the heartbeat under it.
            (_, heartbeat) => heartbeat
                .map_or(interval, |heartbeat| heartbeat.min(interval))
                .into(),
        };
        // Jitter only shortens a period. Services that start together shall not poll together.
        let percent = if self.spread {
            PERIOD_JITTER_PERCENT
        } else {
            100
        };
        let due = period.map(|period| self.loaded + self.jitter.below(period, percent));
        self.periodic = earliest([due, self.wanted_at()]);
    }

    /// When the source wants the next load. `None` without a heartbeat.
    fn wanted_at(&self) -> Option<Duration> {
        self.wanted.map(|wanted| self.loaded.saturating_add(wanted))
    }
}
