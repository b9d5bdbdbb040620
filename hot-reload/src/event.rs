//! The vocabulary of a service: why it looked, what came of it, and how its watch is.
//!
//! Each word is spelled the same in code, logs and JSON (there in `snake_case`, by `as_str`).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::generation::Generation;

/// Gives an enum its operator's spelling.
macro_rules! words {
    ($type:ident { $($variant:pat => $word:literal),+ $(,)? }) => {
        impl $type {
            /// The word in logs and JSON.
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

/// Why a look at the source was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trigger {
    /// The service started.
    Startup,
    /// The watch announced a change.
    Watch,
    /// The polling interval passed.
    Interval,
    /// The watch was opened or lost, its heartbeat was due, or a [`barrier`](crate::Control::barrier) was waited for.
    Resync,
    /// The look before failed, was rejected or held something back, or what it found needs to be confirmed.
    Retry,
    /// [`Control::reload`](crate::Control::reload) was called.
    Manual,
    /// A signal asked for it.
    Signal,
    /// An HTTP request asked for it.
    Http,
    /// An earlier value was brought back: by a person, or because its successor failed its probation. No look at the source.
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
    /// Whether somebody asked for this very look.
    pub(crate) const fn is_personal(self) -> bool {
        matches!(self, Self::Manual | Self::Signal | Self::Http)
    }
}

/// What a look led to.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use = "a reload may have been rejected"]
pub enum Outcome {
    /// A new value is visible.
    Published {
        /// Its number.
        generation: Generation,
    },
    /// The source holds what is already visible. A success.
    Unchanged,
    /// The content is no good. The last good value stays.
    Rejected {
        /// Where it failed.
        stage: Stage,
        /// Why.
        error: Error,
    },
    /// The source could not be looked at. The last good value stays.
    Failed {
        /// Why.
        error: Error,
    },
    /// The source holds nothing, and the removal policy was followed.
    Missing,
    /// The source holds something good that is kept from becoming visible for now. [`Hold`](crate::Hold) says by what, and
    /// what ends it.
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
    /// Whether the visible value is now what the source holds; of a rollback, whether it is the earlier value.
    pub const fn is_current(&self) -> bool {
        matches!(self, Self::Published { .. } | Self::Unchanged)
    }

    /// The error of a rejected or failed look.
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Rejected { error, .. } | Self::Failed { error } => Some(error),
            _ => None,
        }
    }

    /// Whether both read the same, the generation aside. Errors about content of different revisions differ, even if their
    /// texts are equal.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let errors = match (self.error(), other.error()) {
            (Some(error), Some(other)) => error.says_the_same(other),
            (error, other) => error.is_none() && other.is_none(),
        };
        self.as_str() == other.as_str() && errors
    }
}

/// How far a candidate came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Getting the content.
    Load,
    /// Turning it into a value.
    Decode,
    /// Asking the validators.
    Validate,
    /// Asking the participants.
    Prepare,
    /// Making it visible.
    Commit,
}

words!(Stage {
    Self::Load => "load",
    Self::Decode => "decode",
    Self::Validate => "validate",
    Self::Prepare => "prepare",
    Self::Commit => "commit",
});

/// How the watch of a service is.
///
/// ```text
///           opened                60 s and a look              miss found by the heartbeat
/// Connecting ────▶ Settling ─────────────────────▶ Trusted ─────────────────────────────▶ Untrusted
///   ▲    │            │                               │  ◀── 3 announced changes, no miss ──  │
///   │    ▼            ▼                               ▼                                       │
///   └── Down ◀────────┴───────────────────────────────┴───────────────────────────────────────┘
///       Parked (the source refuses: retried every 5 min to 1 h)          Off (polling only)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WatchState {
    /// There is no watch, by strategy.
    Off,
    /// A watch is being opened. Polled meanwhile.
    Connecting,
    /// The watch stands, but has not proven itself. Polled meanwhile.
    Settling,
    /// The watch is believed: the source is looked at when it says so, and at each heartbeat.
    Trusted,
    /// The watch has missed a change. Polled until it has announced some.
    Untrusted,
    /// The watch is lost, and will be opened again after a back-off. Polled meanwhile.
    Down,
    /// The watch was refused in a way that waiting does not heal. Polled, and tried again rarely.
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
    /// Whether a watch stands, believed or not.
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
    /// The value is an earlier run's, or a default.
    Restored,
    /// The value is what the last look found; or a look not long ago, with a
    /// [bound](crate::Builder::max_staleness) of how long. Or the source was found to hold another one, which is
    /// [held back](crate::Hold) on purpose.
    Fresh,
    /// The last look failed, was rejected, or found nothing (and no default took its place); the value is from before it. With
    /// a bound: no look was good for so long.
    Stale,
}

words!(DataState {
    Self::None => "none",
    Self::Restored => "restored",
    Self::Fresh => "fresh",
    Self::Stale => "stale",
});

/// Why values of the source are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HoldReason {
    /// [`Control::pause`](crate::Control::pause) was called.
    Paused,
    /// An earlier value was [brought back](crate::Control::rollback) by a person, and the source has not changed since.
    Rollback,
    /// The value that the source holds has failed its [`Probation`](crate::Probation).
    Probation,
    /// It is much smaller than the visible one: [`ShrinkGuard`](crate::ShrinkGuard).
    Shrunk,
    /// It is of a lower version than one before: [`VersionGuard`](crate::VersionGuard).
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

/// Something that happened in a service: from [`Control::events`](crate::Control::events), a
/// [`Registry`](crate::Registry), or to an [`Observer`](crate::Observer).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event {
    /// The name of the service. Empty for [`EventKind::Lagged`] of a registry.
    pub target: Arc<str>,
    /// The name that the source gives itself, if it does.
    pub source: Option<Arc<str>>,
    /// The generation that was visible when the event was made. `None` before the first value.
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
