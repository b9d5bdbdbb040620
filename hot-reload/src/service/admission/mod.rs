//! [`Admission`]: guards that hold a valid but implausible value until it is confirmed.
//!
//! - [`ShrinkGuard`]: much smaller than the visible value;
//! - [`VersionGuard`]: an older version than an accepted one.

mod shrink;
mod version;

use std::time::Duration;

pub use self::shrink::ShrinkGuard;
pub use self::version::VersionGuard;
use crate::event::HoldReason;

/// Somebody who compares a value with the one that is visible. Its methods are the user's code.
pub(crate) trait Admission<V>: Send + Sync {
    /// What is implausible about a value, in one line.
    fn objection(&self, visible: &V, candidate: &V) -> Option<String>;

    /// The kind of doubt.
    fn reason(&self) -> HoldReason;

    /// How long what is doubted has to stay as it is to be believed.
    fn confirm_after(&self) -> Duration;

    /// This value of the source was accepted.
    fn accepted(&self, value: &V);

    /// This value is visible, wherever it comes from. Provided: nothing follows.
    fn published(&self, _: &V) {}
}
