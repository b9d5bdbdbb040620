//! The period: the longest pause between two loads, which depends on the strategy and the state of the watch.
//!
//! | strategy | the watch is trusted, and watches the whole source | in every other state |
//! |---|---|---|
//! | polling | | the interval |
//! | realtime | no bound | the interval |
//! | hybrid | the heartbeat | the interval or the heartbeat, whichever is shorter |
//!
//! A periodic load begins on the time grid of the process, so that one wake-up serves many services. The drawn time moves to a
//! grid point. No pause is longer than the period, and none is shortened by more than the jitter.
//!
//! Hints, requests and retries only shorten a pause. In hybrid the bound holds after every outcome of a load. There is one
//! exception, without a heartbeat: while a source refuses access, retries 5 min to 1 h apart replace the interval.
//!
//! A disabled service has no period once it has its first value.

use std::time::Duration;

use super::super::settings::{
    GRID, INTERVAL_FLOOR, PERIOD_JITTER_PERCENT, Settings, since_grid_point,
};
use super::Machine;
use super::time::earliest;
use crate::event::WatchState;

impl Machine {
    /// Sets the longest pause between two loads that the source currently wants. It takes effect at once, like a shorter
    /// heartbeat. A service without a heartbeat ignores it.
    pub(crate) fn want(&mut self, wanted: Option<Duration>) {
        self.wanted = wanted.map(|wanted| wanted.max(INTERVAL_FLOOR));
        if self.periodic.is_some() {
            self.periodic = earliest([self.periodic, self.wanted_at()]);
        }
    }

    /// Draws a new period after the watch has lost trust. A load that is due earlier stays due.
    pub(super) fn shorten_period(&mut self) {
        let before = self.periodic;
        self.draw_period();
        self.periodic = earliest([before, self.periodic]);
    }

    /// Sets the time of the next periodic load, by the state of the watch.
    pub(super) fn draw_period(&mut self) {
        let period = match (self.watch.state(), self.settings.heartbeat) {
            // While the source refuses access, the retries replace the period.
            (_, None) if self.retry.is_refused() => None,
            (WatchState::Trusted, heartbeat) if self.watch.covers_all() => heartbeat,
            (_, _) => Some(self.poll_period()),
        };
        // Jitter only shortens a period. The first one is random as a whole, so that services that start together drift apart.
        let percent = if self.spread {
            PERIOD_JITTER_PERCENT
        } else {
            100
        };
        let due = period.map(|period| {
            let drawn = self.last_load + self.jitter.below(period, percent);
            on_grid(drawn, self.last_load + period - period * percent / 100)
        });
        self.periodic = earliest([due, self.wanted_at()]);
    }

    /// The period while there is no trusted watch. Polling in place of one is never slower than the heartbeat.
    pub(crate) fn poll_period(&self) -> Duration {
        let Settings {
            interval,
            heartbeat,
            ..
        } = *self.settings;
        heartbeat.map_or(interval, |heartbeat| heartbeat.min(interval))
    }

    /// When the source wants the next load. `None` without a heartbeat.
    fn wanted_at(&self) -> Option<Duration> {
        let wanted = self.wanted.filter(|_| self.settings.heartbeat.is_some())?;
        Some(on_grid(
            self.last_load.saturating_add(wanted),
            self.last_load,
        ))
    }
}

/// The last grid point up to this moment, or the next one if that is not after `earliest`.
fn on_grid(moment: Duration, earliest: Duration) -> Duration {
    let point = moment.saturating_sub(since_grid_point(moment));
    match point <= earliest {
        true => point + GRID,
        false => point,
    }
}
