//! [`ReloadSettings`]: how a service reloads, as a section of the application's own configuration.

#[cfg(feature = "serde")]
mod text;

use std::sync::Arc;
use std::time::Duration;

use crate::compat::WatchStrategy;

/// How a service reloads, as a section of an application's own configuration.
///
/// [`Builder::settings`](crate::Builder::settings) applies it at the start. With
/// [`Builder::settings_from`](crate::Builder::settings_from), it is reloaded like every other part of the value. A field that is
/// absent leaves the option of the builder.
///
/// With the feature `serde`, it can be deserialized and serialized. Durations are text: `"500ms"`, `"30s"`, `"5m"`, `"1h30m"`,
/// `"1d"`. An unknown key is an error.
///
/// ```toml
/// [reload]
/// enabled = true
/// strategy = "hybrid"        # or "polling", "realtime"
/// interval = "10s"
/// heartbeat = "1m"
/// debounce = "250ms"
/// attempts = 5
/// timeout = "3s"
/// preserve_state = true
/// validate_only = false
/// ```
///
/// # Default
///
/// Nothing is set, `preserve_state` is `true` and `validate_only` is `false`.
///
/// # Example
///
/// ```
/// use std::time::Duration;
///
/// use hot_reload::policy::ReloadSettings;
///
/// let settings = ReloadSettings::default()
///     .with_interval(Duration::from_secs(10))
///     .with_attempts(5);
/// assert_eq!(settings.attempts, Some(5));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
#[non_exhaustive]
pub struct ReloadSettings {
    /// Whether the service loads without a request: [`Builder::enabled`](crate::Builder::enabled).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub enabled: Option<bool>,
    /// The strategy. One that uses a watch needs a builder with [`hybrid`](crate::Builder::hybrid) or
    /// [`realtime`](crate::Builder::realtime).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub strategy: Option<WatchStrategy>,
    /// The longest pause between two loads while no watch is trusted: [`Builder::interval`](crate::Builder::interval).
    #[cfg_attr(
        feature = "serde",
        serde(with = "text", skip_serializing_if = "Option::is_none")
    )]
    pub interval: Option<Duration>,
    /// The longest pause between two loads of a hybrid service: [`Builder::heartbeat`](crate::Builder::heartbeat).
    #[cfg_attr(
        feature = "serde",
        serde(with = "text", skip_serializing_if = "Option::is_none")
    )]
    pub heartbeat: Option<Duration>,
    /// The debounce window: [`Builder::debounce`](crate::Builder::debounce).
    #[cfg_attr(
        feature = "serde",
        serde(with = "text", skip_serializing_if = "Option::is_none")
    )]
    pub debounce: Option<Duration>,
    /// The number of failed loads in a row after which the service counts as given up; 0 for never:
    /// [`Builder::max_attempts`](crate::Builder::max_attempts).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub attempts: Option<u32>,
    /// The deadline of one load, at least 1 s: [`Builder::load_deadline`](crate::Builder::load_deadline). The lower bound keeps
    /// a source loadable whose content sets the deadline.
    #[cfg_attr(
        feature = "serde",
        serde(with = "text", skip_serializing_if = "Option::is_none")
    )]
    pub timeout: Option<Duration>,
    /// Whether components of the application keep their state across a reload: a queue, a cache, sessions.
    ///
    /// The engine has no such state and ignores this field. It is for the [participants](crate::Participant) of the
    /// application: they get it in `prepare` as a part of the candidate. The engine always keeps its own state: history,
    /// holds, counters, generations.
    ///
    /// ```
    /// use std::sync::Mutex;
    ///
    /// use hot_reload::policy::ReloadSettings;
    /// use hot_reload::{Participant, async_trait};
    ///
    /// struct Config { reload: ReloadSettings }
    ///
    /// /// Messages that wait for a worker.
    /// struct Queue(Mutex<Vec<String>>);
    ///
    /// #[async_trait]
    /// impl Participant<Config> for Queue {
    ///     type Prepared = bool;
    ///
    ///     async fn prepare(
    ///         &self,
    ///         candidate: &Config,
    ///     ) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    ///         Ok(candidate.reload.preserve_state)
    ///     }
    ///
    ///     async fn commit(&self, preserve_state: bool) {
    ///         if !preserve_state {
    ///             self.0.lock().unwrap().clear();
    ///         }
    ///     }
    /// }
    /// ```
    pub preserve_state: bool,
    /// Whether a new value is only loaded, decoded and validated, and not published.
    ///
    /// A good value has the outcome [`Held`](crate::Outcome::Held), for the reason
    /// [`ValidateOnly`](crate::event::HoldReason::ValidateOnly). A bad one is rejected as usual.
    /// [`Control::resume`](crate::Control::resume) publishes the present value. The first value is published all the same,
    /// because there would be none otherwise. The default of [`RemovalPolicy::Replace`](crate::policy::RemovalPolicy::Replace) is held
    /// like a new value. With [`Builder::settings_from`](crate::Builder::settings_from), the section of
    /// the candidate decides.
    pub validate_only: bool,
}

impl Default for ReloadSettings {
    fn default() -> Self {
        Self {
            enabled: None,
            strategy: None,
            interval: None,
            heartbeat: None,
            debounce: None,
            attempts: None,
            timeout: None,
            preserve_state: true,
            validate_only: false,
        }
    }
}

impl ReloadSettings {
    /// Sets [`enabled`](Self::enabled).
    #[must_use]
    pub fn with_enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }

    /// Sets [`strategy`](Self::strategy).
    #[must_use]
    pub fn with_strategy(mut self, strategy: WatchStrategy) -> Self {
        self.strategy = Some(strategy);
        self
    }

    /// Sets [`interval`](Self::interval).
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sets [`heartbeat`](Self::heartbeat).
    #[must_use]
    pub fn with_heartbeat(mut self, heartbeat: Duration) -> Self {
        self.heartbeat = Some(heartbeat);
        self
    }

    /// Sets [`debounce`](Self::debounce).
    #[must_use]
    pub fn with_debounce(mut self, debounce: Duration) -> Self {
        self.debounce = Some(debounce);
        self
    }

    /// Sets [`attempts`](Self::attempts).
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Sets [`timeout`](Self::timeout).
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets [`preserve_state`](Self::preserve_state).
    #[must_use]
    pub fn with_preserve_state(mut self, preserve_state: bool) -> Self {
        self.preserve_state = preserve_state;
        self
    }

    /// Sets [`validate_only`](Self::validate_only).
    #[must_use]
    pub fn with_validate_only(mut self, validate_only: bool) -> Self {
        self.validate_only = validate_only;
        self
    }

    /// Checks that the strategy suits a service with or without a watch.
    pub(crate) fn check(&self, has_watch: bool) -> Result<(), String> {
        let strategy = match self.strategy {
            Some(WatchStrategy::Hybrid) if !has_watch => "hybrid",
            Some(WatchStrategy::Realtime) if !has_watch => "realtime",
            Some(WatchStrategy::Hybrid | WatchStrategy::Realtime | WatchStrategy::Polling)
            | None => {
                return Ok(());
            }
        };
        Err(format!(
            "reload settings: the strategy {strategy} needs a watch, and the program only polls this source; use \"polling\""
        ))
    }
}

/// Returns the settings that a value has.
pub(crate) type Section<V> = Arc<dyn for<'v> Fn(&'v V) -> &'v ReloadSettings + Send + Sync>;
