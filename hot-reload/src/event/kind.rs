//! [`Event`]: something that happened in a service, of an [`EventKind`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::changed::ChangedPaths;
use super::outcome::Outcome;
use super::words::{Stage, Trigger, WatchState, words};
use crate::error::Error;
use crate::generation::Generation;

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
    /// The generation that was visible when the event occurred. `None` before the first value.
    pub generation: Option<Generation>,
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
    Self::Lagged(_) => "lagged",
    Self::Stopped => "stopped",
});
