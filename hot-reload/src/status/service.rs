//! [`Status`]: the state of a running service.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::attempt::Attempt;
use super::counters::Counters;
use super::hold::Hold;
use super::source::SourceStatus;
use crate::error::{Error, escaped};
use crate::event::{DataState, WatchState};
use crate::revision::Revision;
use crate::secret;
use crate::snapshot::Generation;

/// The state of a service at one moment. [`Control::status`](crate::Control::status) returns it.
///
/// With the feature `serde` it can be serialized, as can the types in it. Times are RFC 3339 in UTC. Durations are whole
/// milliseconds, in fields whose names end in `_ms`. Enums are words in snake_case.
///
/// ```
/// # #[cfg(all(feature = "serde", feature = "json"))] mod example {
/// # async fn example(control: hot_reload::Control<String>) -> Result<(), serde_json::Error> {
/// let status = serde_json::to_value(control.status())?;
/// assert_eq!(status["last_attempt"]["outcome"], "published");
/// assert!(status["max_staleness_ms"].is_null());
/// # Ok(()) }
/// # }
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Status {
    /// The name of the value in logs.
    pub name: String,
    /// The name of the source, if it has one.
    pub source: Option<String>,
    /// The status of the source, if it has one. The service asks for it after each load and each change of the watch.
    pub source_status: Option<SourceStatus>,
    /// How current the visible value is.
    pub data: DataState,
    /// Since when it has been so. `None`: since the service was created.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::serialize::optional_time")
    )]
    pub data_since: Option<SystemTime>,
    /// The greatest age of the last good load before the value is stale, if the service has such a
    /// [bound](crate::Builder::max_staleness).
    #[cfg_attr(
        feature = "serde",
        serde(
            rename = "max_staleness_ms",
            serialize_with = "crate::serialize::optional_ms"
        )
    )]
    pub max_staleness: Option<Duration>,
    /// The state of the watch.
    pub watch: WatchState,
    /// Since when it has been so. `None`: since the service was created.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::serialize::optional_time")
    )]
    pub watch_since: Option<SystemTime>,
    /// The reason why the watch is down or parked. If the watch is [off](WatchState::Off), it says that the source has no
    /// watch and is polled.
    pub watch_error: Option<Error>,
    /// The generation of the visible value, if it has not passed its [`Probation`](crate::policy::Probation). A failed value
    /// stays visible if a participant refuses the rollback. Its probation then begins again with the next load.
    pub on_probation: Option<Generation>,
    /// Until when that value must be [confirmed](crate::Control::confirm), if only a confirmation ends its probation. Otherwise the
    /// last confirmed value returns.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::serialize::optional_time")
    )]
    pub confirm_by: Option<SystemTime>,
    /// The hold that keeps values of the source from being published, if there is one. Of several holds, this is the first in the
    /// following order: a pause (its message names the next hold), a source that is being written, a
    /// [`ShrinkGuard`](crate::admission::ShrinkGuard) or [`VersionGuard`](crate::admission::VersionGuard), a rollback or a failed
    /// probation, a member of a group.
    pub hold: Option<Hold>,
    /// Whether the service loads without a request: `false` of a [disabled](crate::Builder::enabled) one.
    pub enabled: bool,
    /// Whether the service [counts as given up](crate::Builder::max_attempts). Retries go on; a good load ends it.
    pub given_up: bool,
    /// Whether the service has stopped.
    pub stopped: bool,
    /// The generation of the visible value.
    pub generation: Option<Generation>,
    /// The [revision](crate::Snapshot::value_revision) of the visible value, if the service computes it.
    pub value_revision: Option<Revision>,
    /// When a value was last published.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::serialize::optional_time")
    )]
    pub last_published: Option<SystemTime>,
    /// When the last good load ended. A load is good if it found the visible value, a new value, or a value that is held. An
    /// unchanged load counts.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::serialize::optional_time")
    )]
    pub last_verified: Option<SystemTime>,
    /// The last load, together with the loads before it that had the same result. Rollbacks do not count.
    #[cfg_attr(feature = "serde", serde(serialize_with = "last_attempt"))]
    pub last_attempt: Option<Arc<Attempt>>,
    /// The error of the last load, if it failed or was rejected. A good load clears it.
    pub last_error: Option<Error>,
    /// The paths of at most twenty parts of the visible value that need a restart. These are the
    /// [declared](crate::Builder::restart_required) parts that have changed since the start. In a group, each path begins
    /// with the name of its member.
    pub needs_restart: Vec<String>,
    /// The counters of the service.
    pub counters: Counters,
}

#[cfg(feature = "serde")]
#[allow(clippy::ref_option, reason = "serde passes the field")]
fn last_attempt<S: serde::Serializer>(
    attempt: &Option<Arc<Attempt>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&attempt.as_deref(), to)
}

impl Status {
    pub(crate) fn new(name: String, source: Option<String>) -> Self {
        Self {
            name: escaped(name.into()),
            source: source.map(|source| escaped(secret::redact_name(&source))),
            source_status: None,
            data: DataState::None,
            data_since: None,
            max_staleness: None,
            watch: WatchState::Off,
            watch_since: None,
            watch_error: None,
            on_probation: None,
            confirm_by: None,
            hold: None,
            enabled: true,
            given_up: false,
            stopped: false,
            generation: None,
            value_revision: None,
            last_published: None,
            last_verified: None,
            last_attempt: None,
            last_error: None,
            needs_restart: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// Sets how current the visible value is, from this time on.
    pub(crate) fn set_data(&mut self, data: DataState, now: SystemTime) {
        if self.data != data {
            (self.data, self.data_since) = (data, Some(now));
        }
    }
}
