//! [`SourceStatus`]: the state of a source, with its counters and its [`Degradation`]s.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use crate::error::{escaped, one_line};
use crate::secret;

/// The status of a source. [`Source::status`](crate::source::Source::status) and
/// [`Reload::source_status`](crate::Reload::source_status) return it.
///
/// ```
/// use hot_reload::status::{Degradation, SourceStatus};
///
/// let status = SourceStatus::default()
///     .with_counter("reconnects", 3)
///     .with_degradation(Degradation::new(
///         "replica",
///         "the primary is down, and a replica is read",
///         "restart the primary",
///     ));
/// assert_eq!(status.counter("reconnects"), Some(3));
/// assert!(status.is_degraded_by("replica"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SourceStatus {
    /// The degradations. Empty if the source works as it should.
    pub degraded: Vec<Degradation>,
    /// The counters of the source since it was created. Each has a name in snake_case with a fixed meaning. The order is
    /// fixed too.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::serialize::counters")
    )]
    pub counters: Vec<(Cow<'static, str>, u64)>,
    /// The longest pause between two loads that the source wants now, at least 1 s. A service with a heartbeat shortens its
    /// heartbeat accordingly; other services ignore it.
    #[cfg_attr(
        feature = "serde",
        serde(
            rename = "heartbeat_ms",
            serialize_with = "crate::serialize::optional_ms"
        )
    )]
    pub heartbeat: Option<Duration>,
    /// When the first certificate in use expires, if the source has certificates.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::serialize::optional_time")
    )]
    pub certificate_expiry: Option<SystemTime>,
}

/// One degradation of a source: a present limitation, with its remedy.
///
/// `Display` writes the message and the remedy on one line.
///
/// ```
/// use hot_reload::status::Degradation;
///
/// let why = Degradation::new("replica", "the primary is down", "restart the primary");
/// assert_eq!(why.to_string(), "the primary is down; restart the primary");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Degradation {
    /// The kind of degradation, in snake_case.
    pub reason: Cow<'static, str>,
    /// What is wrong and its consequence, on one line without credentials. It stays the same while the degradation lasts.
    pub message: String,
    /// What to do. Empty if nothing helps.
    pub remedy: String,
    /// Whether the degradation is inherent in the source, so that the log needs no warning.
    pub inherent: bool,
    /// Whether the source has already logged it.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) logged: bool,
}

// ===== impl SourceStatus =====

impl SourceStatus {
    /// Adds a counter, after those that are already there.
    #[must_use]
    pub fn with_counter(mut self, name: impl Into<Cow<'static, str>>, value: u64) -> Self {
        self.counters.push((name.into(), value));
        self
    }

    /// Adds a degradation.
    #[must_use]
    pub fn with_degradation(mut self, degradation: Degradation) -> Self {
        self.degraded.push(degradation);
        self
    }

    /// Sets the longest pause between two loads that the source wants now. Default: none.
    #[must_use]
    pub fn with_heartbeat(mut self, heartbeat: Duration) -> Self {
        self.heartbeat = Some(heartbeat);
        self
    }

    /// Sets when the first certificate in use expires. Of two calls, the earlier time counts. Default: none.
    #[must_use]
    pub fn with_certificate_expiry(mut self, expiry: SystemTime) -> Self {
        let earliest = self
            .certificate_expiry
            .map_or(expiry, |first| first.min(expiry));
        self.certificate_expiry = Some(earliest);
        self
    }

    /// The counter with this name, if the source has it.
    pub fn counter(&self, name: &str) -> Option<u64> {
        let mut counters = self.counters.iter();
        counters.find_map(|(other, value)| (*other == name).then_some(*value))
    }

    /// Whether the source has a degradation of this kind.
    pub fn is_degraded_by(&self, reason: &str) -> bool {
        self.degraded.iter().any(|other| other.reason == reason)
    }
}

// ===== impl Degradation =====

impl Degradation {
    /// Creates a degradation that a person should fix.
    pub fn new(
        reason: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            reason: Cow::Owned(escaped(reason.into())),
            message: one_line(secret::redact(&message.into())),
            remedy: match remedy.into() {
                none if none.is_empty() => none,
                remedy => one_line(secret::redact(&remedy)),
            },
            inherent: false,
            logged: false,
        }
    }

    /// Marks it as logged by the source.
    pub(crate) fn logged(self) -> Self {
        Self {
            logged: true,
            ..self
        }
    }

    /// Marks it as inherent in the source.
    #[must_use]
    pub fn inherent(self) -> Self {
        Self {
            inherent: true,
            ..self
        }
    }
}

impl fmt::Display for Degradation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &*self.remedy {
            "" => Ok(()),
            remedy => write!(f, "; {remedy}"),
        }
    }
}
