//! [`WatchProfile`]: the timing of the hints of a source.

use std::time::Duration;

/// How the hints of a source behave. A service takes its defaults from it.
///
/// ```
/// use std::time::Duration;
///
/// use hot_reload::source::WatchProfile;
///
/// const PROFILE: WatchProfile = WatchProfile::network()
///     .with_heartbeat(Duration::from_secs(30))
///     .with_rate(5, Duration::from_secs(1));
/// assert_eq!(PROFILE.interval, Duration::from_secs(30), "as in the profile of a network");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchProfile {
    /// The debounce window: the service loads once no hint has arrived for this long. Zero for a source that sends a hint only
    /// when its content is at rest.
    pub debounce: Duration,
    /// The longest pause between two loads while there is no trusted watch, unless the service sets its own.
    pub interval: Duration,
    /// The longest pause between two loads of a hybrid service under a trusted watch.
    pub heartbeat: Duration,
    /// The longest delay of a hint. If a load finds a change, and no hint arrives within this time, the watch has missed the
    /// change.
    pub grace: Duration,
    /// The limit of loads that hints cause: this many at once, then one more after each pause. `None`: no limit.
    pub rate: Option<(u32, Duration)>,
    /// The idle timeout of a watch: how long it may send neither a hint, nor content, nor
    /// [a sign of life](crate::source::HintSender::alive). The service then closes the watch, loads, and opens it again after a
    /// back-off. At least 1 s. `None`: no timeout.
    ///
    /// Set it for a connection that can die without an error, to about three times the heartbeat of its protocol. Otherwise,
    /// only the heartbeat of a hybrid service finds the changes that such a connection misses.
    pub idle: Option<Duration>,
}

impl WatchProfile {
    /// The profile of an unknown source. Debounce 250 ms (1 s at most), interval 30 s, heartbeat 60 s, grace 10 s; two loads
    /// at once, and one more each second; no idle timeout.
    pub const fn unknown() -> Self {
        Self {
            debounce: Duration::from_millis(250),
            interval: Duration::from_secs(30),
            heartbeat: Duration::from_secs(60),
            grace: Duration::from_secs(10),
            rate: Some((2, Duration::from_secs(1))),
            idle: None,
        }
    }

    /// The profile of a local source that waits until its content is at rest. No debounce, interval 10 s, heartbeat 60 s,
    /// grace 1 s, no limit of loads, no idle timeout.
    pub const fn local() -> Self {
        Self {
            debounce: Duration::ZERO,
            interval: Duration::from_secs(10),
            heartbeat: Duration::from_secs(60),
            grace: Duration::from_secs(1),
            rate: None,
            idle: None,
        }
    }

    /// The profile of a remote store with transactions. No debounce, interval 30 s, heartbeat 5 min, grace 10 s; two loads
    /// at once, and one more each second; no idle timeout.
    pub const fn network() -> Self {
        Self {
            debounce: Duration::ZERO,
            interval: Duration::from_secs(30),
            heartbeat: Duration::from_secs(300),
            grace: Duration::from_secs(10),
            rate: Some((2, Duration::from_secs(1))),
            idle: None,
        }
    }

    /// Sets the [debounce window](Self::debounce).
    #[must_use]
    pub const fn with_debounce(self, debounce: Duration) -> Self {
        Self { debounce, ..self }
    }

    /// Sets the [longest pause without a trusted watch](Self::interval).
    #[must_use]
    pub const fn with_interval(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// Sets the [longest pause under a trusted watch](Self::heartbeat).
    #[must_use]
    pub const fn with_heartbeat(self, heartbeat: Duration) -> Self {
        Self { heartbeat, ..self }
    }

    /// Sets the [longest delay of a hint](Self::grace).
    #[must_use]
    pub const fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Limits the loads that hints may cause: `burst` at once, and one more after each `pause`.
    #[must_use]
    pub const fn with_rate(self, burst: u32, pause: Duration) -> Self {
        Self {
            rate: Some((burst, pause)),
            ..self
        }
    }

    /// Sets the [idle timeout](Self::idle) of a watch.
    #[must_use]
    pub const fn with_idle(self, idle: Duration) -> Self {
        Self {
            idle: Some(idle),
            ..self
        }
    }

    /// Removes the limit of loads that hints may cause.
    #[must_use]
    pub const fn without_rate(self) -> Self {
        Self { rate: None, ..self }
    }
}
