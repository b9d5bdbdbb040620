//! [`ReloaderConfig`]: the load schedule of a service of the compatible surface.

/// How a service detects changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[allow(
    clippy::exhaustive_enums,
    reason = "existing programs match on it without a wildcard"
)]
pub enum WatchStrategy {
    /// The service loads the source in every interval.
    #[default]
    Polling,
    /// The source sends hints of changes. The service polls only while the watch is down or not trusted.
    Realtime,
    /// The source sends hints of changes, and the service also loads at a heartbeat.
    Hybrid,
}

/// The load schedule of a service, and whether it publishes equal values.
///
/// # Default
///
/// Polling every 10 seconds. Equal values are not published again.
///
/// ```
/// use hot_reload::{ReloaderConfig, WatchStrategy};
///
/// let config = ReloaderConfig { force_reload: true, ..ReloaderConfig::hybrid(30) };
/// assert_eq!(config.strategy, WatchStrategy::Hybrid);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "existing programs write it as a literal"
)]
pub struct ReloaderConfig {
    /// The polling interval in seconds, at least one. With a watch, the service polls at this interval only while the
    /// watch is down or not trusted.
    pub watch_delay_sec: u32,
    /// Whether a loaded value is published even if it equals the visible value.
    pub force_reload: bool,
    /// How the service detects changes.
    pub strategy: WatchStrategy,
}

impl ReloaderConfig {
    /// Polling with this interval in seconds.
    pub fn polling(watch_delay_sec: u32) -> Self {
        Self {
            watch_delay_sec,
            force_reload: false,
            strategy: WatchStrategy::Polling,
        }
    }

    /// A watch. The service polls every 10 seconds while the watch is down or not trusted.
    pub fn realtime() -> Self {
        Self {
            strategy: WatchStrategy::Realtime,
            ..Self::default()
        }
    }

    /// A watch with a heartbeat (60 s for a local file). While the watch is not trusted, the service polls at this
    /// interval in seconds, or at the heartbeat if that is shorter.
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
