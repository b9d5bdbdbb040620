//! [`Timing`]: the options of a builder from which the [`Settings`] follow, and how [`ReloadSettings`] override them.

use std::time::Duration;

use crate::compat::WatchStrategy;
use crate::service::policy::settings::{ReloadSettings, Section};
use crate::service::settings::{INTERVAL_FLOOR, LONGEST, Settings};
use crate::watch::WatchProfile;

/// See the [module documentation](self).
#[derive(Debug, Clone)]
pub(crate) struct Timing {
    pub(crate) strategy: WatchStrategy,
    /// `None`: that of the profile.
    pub(crate) interval: Option<Duration>,
    pub(crate) profile: WatchProfile,
    /// The bound of staleness.
    pub(crate) bound: Option<Duration>,
    pub(crate) limits: Limits,
    pub(crate) deadline: Duration,
}

/// The limits that a builder may set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The failed loads in a row after which the service counts as given up.
    pub(crate) attempts: Option<u32>,
    /// In place of the rate of the profile.
    pub(crate) rate: Option<(u32, Duration)>,
    pub(crate) jitter: Duration,
    pub(crate) enabled: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attempts: None,
            rate: None,
            jitter: Duration::ZERO,
            enabled: true,
        }
    }
}

impl Timing {
    /// Overrides the options that these settings set.
    pub(crate) fn with(mut self, settings: &ReloadSettings) -> Self {
        let ReloadSettings {
            enabled,
            strategy,
            interval,
            heartbeat,
            debounce,
            attempts,
            timeout,
            // Of the application, and of the pipeline.
            preserve_state: _,
            validate_only: _,
        } = *settings;
        self.strategy = strategy.unwrap_or(self.strategy);
        self.interval = interval.or(self.interval);
        self.profile.heartbeat = heartbeat.unwrap_or(self.profile.heartbeat);
        self.profile.debounce = debounce.unwrap_or(self.profile.debounce);
        self.limits.enabled = enabled.unwrap_or(self.limits.enabled);
        self.limits.attempts = attempts.or(self.limits.attempts);
        // A shorter one, which the content itself sets, could make every later load fail.
        let timeout = timeout.map(|timeout| timeout.max(INTERVAL_FLOOR));
        self.deadline = timeout.unwrap_or(self.deadline);
        self
    }

    /// The settings of the machine.
    pub(crate) fn settings(&self) -> Settings {
        let mut profile = self.profile;
        profile.rate = self.limits.rate.or(profile.rate);
        let interval = self.interval.unwrap_or(profile.interval);
        let settings = Settings::of(self.strategy, interval, profile);
        Settings {
            jitter: self.limits.jitter.min(LONGEST),
            enabled: self.limits.enabled,
            ..settings.loading_within(self.bound)
        }
    }
}

/// What the task of a service needs to apply limits, and settings of the value.
pub(crate) struct Tuning<V> {
    pub(crate) timing: Timing,
    pub(crate) section: Option<Section<V>>,
}
