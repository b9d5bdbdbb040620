//! Guards that hold a valid but implausible value until it is confirmed.
//!
//! - [`ShrinkGuard`]: holds a value that is much smaller than the visible one;
//! - [`VersionGuard`]: holds a value with a lower version than an accepted one.

mod shrink;
mod validate_only;
mod version;

use std::time::Duration;

pub use self::shrink::ShrinkGuard;
pub(crate) use self::validate_only::ValidateOnly;
pub use self::version::VersionGuard;
use crate::event::HoldReason;

/// A guard that compares a candidate with the visible value. Its methods run code of the user.
pub(crate) trait Admission<V>: Send + Sync {
    /// Why the candidate is implausible, on one line. `None` if the guard accepts it.
    fn objection(&self, visible: &V, candidate: &V) -> Option<String>;

    /// The reason of the hold.
    fn reason(&self) -> HoldReason;

    /// How long an implausible value must stay before it is accepted.
    fn confirm_after(&self) -> Duration;

    /// Notifies the guard that this value of the source was accepted.
    fn accepted(&self, value: &V);

    /// Notifies the guard that this value is visible, whether or not it came from the source. Provided: does nothing.
    fn published(&self, _: &V) {}
}
