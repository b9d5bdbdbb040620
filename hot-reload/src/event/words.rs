//! The enums of events and statuses: triggers, stages, holds, and the states of a watch and of the data.

use std::fmt;

/// Gives an enum its words for logs and JSON.
macro_rules! words {
    ($type:ident { $($variant:pat => $word:literal),+ $(,)? }) => {
        impl $type {
            /// All words of this enum.
            #[allow(dead_code, reason = "used by the features for metrics, of some of the enums")]
            pub(crate) const WORDS: &'static [&'static str] = &[$($word),+];

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

pub(super) use words;

/// The cause of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Trigger {
    /// The service started.
    Startup,
    /// The watch sent a hint of a change.
    Watch,
    /// The polling interval passed.
    Interval,
    /// The watch was opened or lost, its heartbeat was due, a [`barrier`](crate::Control::barrier) was requested, or the service
    /// was [enabled](crate::Control::enable).
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

/// The stages that a candidate passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
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
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
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
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum DataState {
    /// There is no value yet.
    None,
    /// The value is from an earlier run or a default.
    Restored,
    /// The last load found this value, or found another one that is [held](crate::status::Hold). With a
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

/// The reason of a [`Hold`](crate::status::Hold).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum HoldReason {
    /// [`Control::pause`](crate::Control::pause) was called.
    Paused,
    /// A person rolled back to an [earlier value](crate::Control::rollback), and the source has not changed since.
    Rollback,
    /// The value of the source failed its [`Probation`](crate::policy::Probation).
    Probation,
    /// The value is much smaller than the visible one; see [`ShrinkGuard`](crate::admission::ShrinkGuard).
    Shrunk,
    /// The value has a lower version than an earlier one; see [`VersionGuard`](crate::admission::VersionGuard).
    Rewound,
    /// The value is only validated: [`ReloadSettings::validate_only`](crate::policy::ReloadSettings::validate_only).
    ValidateOnly,
    /// The content is being written. The source reports this ([`Loaded::Held`](crate::Loaded::Held)) and its end;
    /// [`Control::resume`](crate::Control::resume) does not end it.
    BeingWritten,
}

words!(HoldReason {
    Self::Paused => "paused",
    Self::Rollback => "rollback",
    Self::Probation => "probation",
    Self::Shrunk => "shrunk",
    Self::Rewound => "rewound",
    Self::ValidateOnly => "validate_only",
    Self::BeingWritten => "being_written",
});
