//! The settings of a running [`Task`]: enabled or not, and those of the visible value.

use std::sync::Arc;

use super::engine::Engine;
use super::task::Task;
use crate::service::feed::Feed;
use crate::service::machine::{Actions, Input, Verdict};
use crate::service::settings::Settings;

impl<V> Task<'_, V> {
    /// Gives new settings to the machine, if there are any.
    pub(super) fn configure<F: Feed<V>>(&mut self, feed: &F) -> Option<Actions> {
        let settings = self.next_settings.take()?;
        let actions = self.machine.configure(self.clock.now(), settings);
        if actions.close {
            self.close_watch();
        }
        self.note(feed, actions);
        Some(actions)
    }

    /// Enables or disables the service. The machine receives the settings after its next input.
    pub(super) fn enable(&mut self, enabled: bool) -> Input {
        let settings = self.next_settings.as_ref();
        let settings = settings.unwrap_or_else(|| self.machine.settings());
        let settings = Settings {
            enabled,
            ..(**settings).clone()
        };
        self.apply(settings);
        Input::Tick
    }

    /// Writes settings into the status. The machine receives them after its next input.
    pub(super) fn apply(&mut self, settings: Settings) {
        self.recorder.enabled(settings.enabled);
        self.next_settings = Some(Arc::new(settings));
    }

    /// Whether a watch must give signs of life.
    pub(super) fn wants_life(&self) -> bool {
        self.machine.idle().is_some()
    }

    /// Counts the load, and applies the settings of a new value.
    pub(super) fn tune(&mut self, verdict: Verdict) {
        let Engine {
            shared, pipeline, ..
        } = self.engine;
        let Some(tuner) = &mut self.tuner else {
            return;
        };
        let settings = tuner.changed(shared, &pipeline.deadline);
        let waits = shared.gate().is_source_waiting();
        if !waits {
            shared.status().given_up = tuner.load_ended(verdict);
        }
        if let Some(settings) = settings {
            self.apply(settings);
        }
    }
}
