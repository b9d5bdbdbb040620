//! New settings of a running service: strategy, periods, debounce window, and whether the service is enabled.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::super::settings::{OPEN_PATIENCE, Settings};
use super::Machine;
use super::delivered::Delivered;
use super::terms::{Actions, LoadFrom};
use crate::event::Trigger;

impl Machine {
    /// Replaces the settings: an input like those of [`handle`](Self::handle). Every period is counted from the last load.
    ///
    /// A watch that is no longer wanted is closed. Hints that it has sent still cause a load, unless the service is disabled: a
    /// rate limit or a random delay could postpone that load for long. A watch that is wanted now is opened, and a load follows.
    /// A disabled service that is enabled loads at once.
    pub(crate) fn configure(&mut self, now: Duration, settings: Arc<Settings>) -> Actions {
        let mut actions = Actions::default();
        let before = mem::replace(&mut self.settings, settings);
        let after = Arc::clone(&self.settings);
        self.retry.set_interval(after.interval);
        match (before.watches(), after.watches()) {
            (true, false) => {
                actions.close = true;
                self.watch.off();
                self.suspicion = None;
                // Its hint stays, and causes a load of the source, unless the service is disabled.
                self.content = Delivered::None;
            }
            (false, true) => {
                actions.open = true;
                self.watch.connect();
                self.agenda.request(Trigger::Resync, now + OPEN_PATIENCE);
            }
            (false, false) if after.enabled && !before.enabled => {
                self.agenda.request(Trigger::Resync, now);
            }
            (true, true) | (false, false) => {}
        }
        if before.enabled && !after.enabled {
            // Nothing is lost: an enabled service loads.
            self.agenda.drop_hints();
        }
        // The end of a running load of the source draws the period. So does the end of the first load.
        let is_loading = self
            .running
            .is_some_and(|running| running.load.from == LoadFrom::Source);
        if self.spread && !is_loading {
            self.draw_period();
        }
        self.cancel_timers(now);
        self.advance(now, &mut actions);
        actions
    }

    /// Whether only requests cause loads, because the service is disabled and has its first value.
    pub(super) fn loads_only_on_request(&self) -> bool {
        self.served && !self.settings.enabled
    }

    /// Cancels what only the clock causes, if only requests cause loads.
    pub(super) fn cancel_timers(&mut self, now: Duration) {
        if self.loads_only_on_request() {
            self.agenda.cancel_later(now);
            self.retry.cancel();
            self.periodic = None;
        }
    }

    /// The present settings.
    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }
}
