//! [`ReloaderConfig`]: when a service of the compatible surface looks.

/// How a service learns of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(
    clippy::exhaustive_enums,
    reason = "existing programs match on it without a wildcard"
)]
pub enum WatchStrategy {
    /// The source is looked at in every interval.
    #[default]
    Polling,
    /// The source announces changes. Polled only while it cannot.
    Realtime,
    /// The source announces changes, and is looked at now and then all the same.
    Hybrid,
}

/// When a service looks, and what it takes for a change.
///
/// # Default
///
/// Polling every 10 seconds, equal values not published again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "existing programs write it as a literal"
)]
pub struct ReloaderConfig {
    /// The polling interval in seconds, at least one. Under a watch it is the interval of the polling that stands in
    /// while the watch is down or not trusted.
    pub watch_delay_sec: u32,
    /// Whether a loaded value is published even if it equals the visible one.
    pub force_reload: bool,
    /// How changes are learnt of.
    pub strategy: WatchStrategy,
}

impl ReloaderConfig {
    /// Polling, with this interval in seconds.
    pub fn polling(watch_delay_sec: u32) -> Self {
        Self {
            watch_delay_sec,
            force_reload: false,
            strategy: WatchStrategy::Polling,
        }
    }

    /// A watch, and polling every 10 seconds only while it is not to be had.
    pub fn realtime() -> Self {
        Self {
            strategy: WatchStrategy::Realtime,
            ..Self::default()
        }
    }

    /// A watch with a heartbeat (60 s for a local file). While the watch is not trusted, the service polls with this interval
    /// in seconds, or at the heartbeat if that is shorter.
    pub fn hybrid(watch_delay_sec: u32) -> Self {
        Self {
            strategy: WatchStrategy::Hybrid,
            ..Self::polling(watch_delay_sec)
        }
    }
}

impl Default for ReloaderConfig {
    fn default() -> Self {
        Self::polling(10)
    }
}
