//! The events of a service, and the words for them: triggers, outcomes, stages, and the states of its watch and its data.
//!
//! Each word is the same in code, logs and JSON, where `as_str` gives it in snake_case.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::generation::Generation;

/// Gives an enum its words for logs and JSON.
macro_rules! words {
    ($type:ident { $($variant:pat => $word:literal),+ $(,)? }) => {
        impl $type {
            /// The word for logs and JSON, in snake_case.
            pub const fn as_str(&self) -> &'static str {
                match self { $($variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// The cause of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trigger {
    /// The service started.
    Startup,
    /// The watch sent a hint of a change.
    Watch,
    /// The polling interval passed.
    Interval,
    /// The watch was opened or lost, its heartbeat was due, or a [`barrier`](crate::Control::barrier) was requested.
    Resync,
    /// The previous load failed, was rejected or held a value, or its result needs confirmation.
    Retry,
    /// [`Control::reload`](crate::Control::reload) was called.
    Manual,
    /// A signal requested it.
    Signal,
    /// An HTTP request requested it.
    Http,
    /// A rollback, by a person or after a failed probation. It does not load the source.
    Rollback,
}

words!(Trigger {
    Self::Startup => "startup",
    Self::Watch => "watch",
    Self::Interval => "interval",
    Self::Resync => "resync",
    Self::Retry => "retry",
    Self::Manual => "manual",
    Self::Signal => "signal",
    Self::Http => "http",
    Self::Rollback => "rollback",
});

impl Trigger {
    /// Whether somebody requested this load.
    pub(crate) const fn is_requested(self) -> bool {
        matches!(self, Self::Manual | Self::Signal | Self::Http)
    }
}

/// The result of a load.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use = "a reload may have been rejected"]
pub enum Outcome {
    /// A new value is visible.
    Published {
        /// Its generation.
        generation: Generation,
    },
    /// The source contains the visible value. This is a success.
    Unchanged,
    /// The content was rejected. The last good value stays.
    Rejected {
        /// The stage that rejected it.
        stage: Stage,
        /// The reason.
        error: Error,
    },
    /// The source could not be loaded. The last good value stays.
    Failed {
        /// The reason.
        error: Error,
    },
    /// The source has no content, and the removal policy was applied.
    Missing,
    /// The content is good, but a [`Hold`](crate::Hold) keeps it from being published. The hold names the reason and what
    /// ends it.
    Held,
}

words!(Outcome {
    Self::Published { .. } => "published",
    Self::Unchanged => "unchanged",
    Self::Rejected { .. } => "rejected",
    Self::Failed { .. } => "failed",
    Self::Missing => "missing",
    Self::Held => "held",
});

impl Outcome {
    /// Whether the visible value is now that of the source or, for a rollback, the earlier value.
    pub const fn is_current(&self) -> bool {
        matches!(self, Self::Published { .. } | Self::Unchanged)
    }

    /// The error of a rejected or failed load.
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Rejected { error, .. } | Self::Failed { error } => Some(error),
            _ => None,
        }
    }

    /// Whether both outcomes have the same text, ignoring the generation. Errors about different revisions differ, even if
    /// their texts are equal.
    pub(crate) fn is_same_report(&self, other: &Self) -> bool {
        let errors = match (self.error(), other.error()) {
            (Some(error), Some(other)) => error.is_same_report(other),
            (error, other) => error.is_none() && other.is_none(),
        };
        self.as_str() == other.as_str() && errors
    }
}

/// The stages that a candidate passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Fetching the content.
    Load,
    /// Decoding it into a value.
    Decode,
    /// Running the validators.
    Validate,
    /// Preparing the participants.
    Prepare,
    /// Publishing the value and committing the participants.
    Commit,
}

words!(Stage {
    Self::Load => "load",
    Self::Decode => "decode",
    Self::Validate => "validate",
    Self::Prepare => "prepare",
    Self::Commit => "commit",
});

/// The state of a service's watch.
///
/// ```text
///           opened                60 s and a load              miss found by the heartbeat
/// Connecting ────▶ Settling ─────────────────────▶ Trusted ─────────────────────────────▶ Untrusted
///   ▲    │            │                               │  ◀─ 3 hinted changes, no miss ──────  │
///   │    ▼            ▼                               ▼                                       │
///   └── Down ◀────────┴───────────────────────────────┴───────────────────────────────────────┘
///       Parked (the source refuses: retried every 5 min to 1 h)          Off (polling only)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WatchState {
    /// The strategy uses no watch.
    Off,
    /// The watch is being opened. The service polls.
    Connecting,
    /// The watch is open, but not yet trusted. The service polls.
    Settling,
    /// The watch is trusted. The service loads after each hint and at each heartbeat.
    Trusted,
    /// The watch has missed a change. The service polls until the watch has reported some changes.
    Untrusted,
    /// The watch is lost, and is opened again after a back-off. The service polls.
    Down,
    /// The watch was refused for a reason that does not go away with time. The service polls and rarely retries.
    Parked,
}

words!(WatchState {
    Self::Off => "off",
    Self::Connecting => "connecting",
    Self::Settling => "settling",
    Self::Trusted => "trusted",
    Self::Untrusted => "untrusted",
    Self::Down => "down",
    Self::Parked => "parked",
});

impl WatchState {
    /// Whether a watch is open, trusted or not.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Settling | Self::Trusted | Self::Untrusted)
    }
}

/// How current the visible value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataState {
    /// There is no value yet.
    None,
    /// The value is from an earlier run or a default.
    Restored,
    /// The last load found this value, or found another one that is [held](crate::Hold). With a
    /// [bound](crate::Builder::max_staleness), the last good load is recent enough.
    Fresh,
    /// The last load failed, was rejected, or found no content without a default; the value is older. With a bound, the last
    /// good load is too long ago.
    Stale,
}

words!(DataState {
    Self::None => "none",
    Self::Restored => "restored",
    Self::Fresh => "fresh",
    Self::Stale => "stale",
});

/// The reason of a [`Hold`](crate::Hold).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HoldReason {
    /// [`Control::pause`](crate::Control::pause) was called.
    Paused,
    /// A person rolled back to an [earlier value](crate::Control::rollback), and the source has not changed since.
    Rollback,
    /// The value of the source failed its [`Probation`](crate::Probation).
    Probation,
    /// The value is much smaller than the visible one; see [`ShrinkGuard`](crate::ShrinkGuard).
    Shrunk,
    /// The value has a lower version than an earlier one; see [`VersionGuard`](crate::VersionGuard).
    Rewound,
    /// Somebody is writing the content. The source reports this ([`Loaded::Held`](crate::Loaded::Held)) and its end;
    /// [`Control::resume`](crate::Control::resume) does not end it.
    BeingWritten,
}

words!(HoldReason {
    Self::Paused => "paused",
    Self::Rollback => "rollback",
    Self::Probation => "probation",
    Self::Shrunk => "shrunk",
    Self::Rewound => "rewound",
    Self::BeingWritten => "being_written",
});

/// Something that happened in a service. [`Control::events`](crate::Control::events), a
/// [`Registry`](crate::Registry) and an [`Observer`](crate::Observer) report events.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event {
    /// The name of the service. Empty for [`EventKind::Lagged`] of a registry.
    pub target: Arc<str>,
    /// The name of the source, if it has one.
    pub source: Option<Arc<str>>,
    /// The generation that was visible when the event occurred. `None` before the first value.
    pub generation: Option<Generation>,
    /// What happened.
    pub kind: EventKind,
}

/// What happened in a service.
#[derive(Debug, Clone)]
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
        outcome: Outcome,
        /// How long it took.
        elapsed: Duration,
        /// How long each stage took, in order. A stage that was not reached is absent.
        stages: Vec<(Stage, Duration)>,
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
        age: Duration,
        /// The error of the last load, if one has ended since.
        error: Option<Error>,
    },
    /// The reader was too slow and lost this many events.
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
