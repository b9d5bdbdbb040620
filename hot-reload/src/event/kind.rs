//! [`Event`]: something that happened in a service, of an [`EventKind`].

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::changed::ChangedPaths;
use super::outcome::Outcome;
use super::words::{Stage, Trigger, WatchState, words};
use crate::error::Error;
use crate::generation::Generation;
use crate::revision::Revision;
use crate::status::Degradation;

/// Something that happened in a service. [`Control::events`](crate::Control::events), a
/// [`Registry`](crate::Registry) and an [`Observer`](crate::event::Observer) report events.
///
/// ```
/// use hot_reload::Event;
/// use hot_reload::event::EventKind;
///
/// fn count(event: &Event) {
///     if let EventKind::Load { trigger, outcome, .. } = &event.kind {
///         println!("{}: {outcome} ({trigger})", event.target);
///     }
/// }
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Event {
    /// The name of the service. Empty for [`EventKind::Lagged`] of a registry.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::text"))]
    pub target: Arc<str>,
    /// The name of the source, if it has one.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::serialize::optional_text")
    )]
    pub source: Option<Arc<str>>,
    /// When it occurred, by the time of day. For [`EventKind::Lagged`]: when the reader learned of the loss.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::time"))]
    pub at: SystemTime,
    /// The generation that was visible when the event occurred. `None` before the first value.
    pub generation: Option<Generation>,
    /// The [revision](crate::Snapshot::value_revision) of that value, if the service computes it.
    pub value_revision: Option<Revision>,
    /// The kind of the event, with its details.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub kind: EventKind,
}

/// The kind of an event, with its details.
#[derive(Debug, Clone)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "kind", rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum EventKind {
    /// A load or a rollback ended. Loads that found nothing new are reported, too.
    ///
    /// Content that stays rejected is reported once, and again for each manual reload. Other bad content is reported even if
    /// its error has the same text.
    Load {
        /// The cause of the load.
        trigger: Trigger,
        /// Its result.
        #[cfg_attr(
            feature = "serde",
            serde(flatten, serialize_with = "Outcome::serialize_beside_generation")
        )]
        outcome: Outcome,
        /// How long it took.
        #[cfg_attr(
            feature = "serde",
            serde(rename = "elapsed_ms", serialize_with = "crate::serialize::ms")
        )]
        elapsed: Duration,
        /// How long each stage took, in order. A stage that was not reached is absent.
        #[cfg_attr(
            feature = "serde",
            serde(rename = "stages_ms", serialize_with = "crate::serialize::stages_ms")
        )]
        stages: Vec<(Stage, Duration)>,
        /// What a published value changed, if the service [compares](ChangedPaths) values. `None` for the first value.
        changed: Option<ChangedPaths>,
    },
    /// The watch changed its state.
    Watch {
        /// The state before.
        from: WatchState,
        /// The state now.
        to: WatchState,
        /// The reason, if there is one.
        error: Option<Error>,
    },
    /// The heartbeat found a change that the watch had not reported.
    Missed,
    /// [`Control::pause`](crate::Control::pause) was called.
    Paused,
    /// [`Control::resume`](crate::Control::resume) ended a pause or another hold.
    Resumed,
    /// No load was good for longer than [`max_staleness`](crate::Builder::max_staleness). Reported once; the next good
    /// [`Load`](Self::Load) ends it.
    Stale {
        /// How long ago the last good load ended.
        #[cfg_attr(
            feature = "serde",
            serde(rename = "age_ms", serialize_with = "crate::serialize::ms")
        )]
        age: Duration,
        /// The error of the last load, if one has ended since.
        error: Option<Error>,
    },
    /// No load has been good for 1 min, 10 min, 1 h, and for each further hour. The next good [`Load`](Self::Load) ends it. A
    /// [disabled](crate::Builder::enabled) service reports none.
    Outage {
        /// How long ago the first bad load ended.
        #[cfg_attr(
            feature = "serde",
            serde(rename = "age_ms", serialize_with = "crate::serialize::ms")
        )]
        age: Duration,
        /// The number of bad loads since.
        loads: u64,
        /// The error of the last one. `None` if the source has no content.
        error: Option<Error>,
    },
    /// [`max_attempts`](crate::Builder::max_attempts) loads in a row failed or were rejected. Retries go on. Reported once; the
    /// next good [`Load`](Self::Load) ends it.
    GivenUp {
        /// The number of these loads.
        attempts: u32,
        /// The error of the last one.
        error: Option<Error>,
    },
    /// The source reports a new degradation: in [`Status::source_status`](crate::Status::source_status) until it is
    /// [`Resolved`](Self::Resolved).
    Degraded(Degradation),
    /// A degradation of the source has ended.
    Resolved(Degradation),
    /// The reader was too slow and lost this many events.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::lost"))]
    Lagged(u64),
    /// The service has stopped. It sends no event after this one.
    Stopped,
}

words!(EventKind {
    Self::Load { .. } => "load",
    Self::Watch { .. } => "watch",
    Self::Missed => "missed",
    Self::Paused => "paused",
    Self::Resumed => "resumed",
    Self::Stale { .. } => "stale",
    Self::Outage { .. } => "outage",
    Self::GivenUp { .. } => "given_up",
    Self::Degraded(_) => "degraded",
    Self::Resolved(_) => "resolved",
    Self::Lagged(_) => "lagged",
    Self::Stopped => "stopped",
});

impl Event {
    /// The outcome of a load or a rollback. `None` for an event of another kind.
    pub const fn outcome(&self) -> Option<&Outcome> {
        match &self.kind {
            EventKind::Load { outcome, .. } => Some(outcome),
            EventKind::Watch { .. }
            | EventKind::Missed
            | EventKind::Paused
            | EventKind::Resumed
            | EventKind::Stale { .. }
            | EventKind::Outage { .. }
            | EventKind::GivenUp { .. }
            | EventKind::Degraded(_)
            | EventKind::Resolved(_)
            | EventKind::Lagged(_)
            | EventKind::Stopped => None,
        }
    }

    /// The error, if the event has one: of a bad load, a lost watch, a stale value, an outage, or a service that counts as given
    /// up.
    pub const fn error(&self) -> Option<&Error> {
        match &self.kind {
            EventKind::Load { outcome, .. } => outcome.error(),
            EventKind::Watch { error, .. }
            | EventKind::Stale { error, .. }
            | EventKind::Outage { error, .. }
            | EventKind::GivenUp { error, .. } => error.as_ref(),
            EventKind::Missed
            | EventKind::Paused
            | EventKind::Resumed
            | EventKind::Degraded(_)
            | EventKind::Resolved(_)
            | EventKind::Lagged(_)
            | EventKind::Stopped => None,
        }
    }
}

/// Writes one line: `app.toml: published as generation 3`,
/// `app.toml: rejected at stage decode: app.toml:2:11: workers: expected u16, found "many"`, `app.toml: watch trusted`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.target.is_empty() {
            write!(f, "{}: ", self.target)?;
        }
        match &self.kind {
            EventKind::Load { outcome, .. } => write!(f, "{}", outcome.without_error())?,
            EventKind::Watch { to, .. } => write!(f, "watch {to}")?,
            EventKind::Missed => f.write_str("the watch missed a change")?,
            EventKind::Stale { age, .. } => write!(f, "no good load for {} s", age.as_secs())?,
            EventKind::Outage { age, loads, .. } => {
                write!(f, "{} s without a good load ({loads} loads)", age.as_secs())?;
            }
            EventKind::GivenUp { attempts, .. } => {
                write!(
                    f,
                    "given up: {attempts} loads in a row failed or were rejected, the service keeps retrying"
                )?;
            }
            EventKind::Degraded(degradation) => write!(f, "degraded: {degradation}")?,
            EventKind::Resolved(degradation) => write!(f, "resolved: {}", degradation.message)?,
            EventKind::Lagged(count) => write!(f, "{count} events were lost")?,
            EventKind::Paused | EventKind::Resumed | EventKind::Stopped => {
                f.write_str(self.kind.as_str())?;
            }
        }
        match self.error() {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, Location};

    #[test]
    fn event_is_one_line_with_its_error() {
        let event = |kind| Event {
            target: "app".into(),
            source: None,
            at: SystemTime::UNIX_EPOCH,
            generation: None,
            value_revision: None,
            kind,
        };
        let load = |outcome| EventKind::Load {
            trigger: Trigger::Watch,
            outcome,
            elapsed: Duration::ZERO,
            stages: Vec::new(),
            changed: None,
        };
        let error =
            Error::new(ErrorKind::Decode, "is bad").at(Location::new("app.toml").line(2, 1));
        let rejected = event(load(Outcome::Rejected {
            stage: Stage::Decode,
            error: error.clone(),
        }));
        assert_eq!(
            rejected.to_string(),
            "app: rejected at stage decode: app.toml:2:1: is bad"
        );
        assert!(rejected.outcome().is_some() && rejected.error().is_some());
        assert_eq!(
            event(load(Outcome::Unchanged)).to_string(),
            "app: unchanged"
        );
        let lost = event(EventKind::Watch {
            from: WatchState::Trusted,
            to: WatchState::Down,
            error: Some(error),
        });
        assert_eq!(lost.to_string(), "app: watch down: app.toml:2:1: is bad");
        assert!(lost.outcome().is_none());
        let replica = || Degradation::new("replica", "a replica is read", "restart it");
        let degraded = event(EventKind::Degraded(replica())).to_string();
        assert_eq!(degraded, "app: degraded: a replica is read; restart it");
        let resolved = event(EventKind::Resolved(replica())).to_string();
        assert_eq!(resolved, "app: resolved: a replica is read");
        assert_eq!(event(EventKind::Stopped).to_string(), "app: stopped");
    }
}
