//! [`ValidateOnly`]: holds each value that is only to be validated.

use std::time::Duration;

use super::Admission;
use crate::event::HoldReason;
use crate::service::settings::LONGEST;

/// Holds the values for which the function returns `true`, until somebody calls [`Control::resume`](crate::Control::resume).
pub(crate) struct ValidateOnly<V>(pub(crate) Box<dyn Fn(&V) -> bool + Send + Sync>);

impl<V> Admission<V> for ValidateOnly<V> {
    fn objection(&self, _: &V, candidate: &V) -> Option<String> {
        let text = || "valid, and not published because `validate_only` is set".to_owned();
        (self.0)(candidate).then(text)
    }

    fn reason(&self) -> HoldReason {
        HoldReason::ValidateOnly
    }

    /// Time does not end the hold.
    fn confirm_after(&self) -> Duration {
        LONGEST
    }

    fn accepted(&self, _: &V) {}
}
