//! [`Hold`]: why values of the source are not published.

use std::fmt;
use std::time::SystemTime;

use crate::error::one_line;
use crate::event::HoldReason;
use crate::secret;

/// The reason why values of the source are not published.
///
/// [`Control::resume`](crate::Control::resume) ends a hold, unless the source is
/// [being written](HoldReason::BeingWritten).
///
/// ```
/// # async fn example(control: hot_reload::Control<String>) {
/// if let Some(hold) = control.status().hold {
///     println!("{} since {:?}: {hold}", hold.reason, hold.since);
/// }
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Hold {
    /// The kind of reason.
    pub reason: HoldReason,
    /// When the hold began.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::time"))]
    pub since: SystemTime,
    /// What is held and what ends the hold, on one line.
    pub message: String,
}

impl Hold {
    /// Creates a hold, for a source that returns [`Loaded::Held`](crate::Loaded::Held).
    ///
    /// `since` identifies the hold: while it stays the same, the hold is logged once. `message` says on one line what is held
    /// and what ends the hold. It must not contain credentials: only those that look like [secrets](crate::Error#secrets) are
    /// recognized and hidden.
    pub fn new(reason: HoldReason, since: SystemTime, message: impl Into<String>) -> Self {
        Self {
            reason,
            since,
            message: one_line(secret::redact(&message.into())),
        }
    }

    /// The hold of a source that somebody is writing.
    #[cfg(feature = "file")]
    pub(crate) fn being_written(since: SystemTime, message: String) -> Self {
        Self {
            reason: HoldReason::BeingWritten,
            since,
            message,
        }
    }
}

/// The message: what is held and what ends the hold, on one line.
impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(self.message.as_str().into()))
    }
}
