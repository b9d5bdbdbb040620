//! [`ShrinkGuard`]: holds a value that is much smaller than the visible one.

use std::fmt;
use std::time::Duration;

use super::Admission;
use crate::event::HoldReason;
use crate::service::settings::{LONGEST, SHRINK_CONFIRM, SHRINK_PERCENT};

/// Holds a value that is empty or much smaller than the visible one: a half-written file, a failed export, a query against the
/// wrong table. From [`Builder::shrink_guard`](crate::Builder::shrink_guard).
///
/// Such a value is valid, so no validator refuses it. Its outcome is [`Outcome::Held`](crate::Outcome::Held), and
/// [`Status::hold`](crate::Status) has the numbers. It is published when it has stayed the same for
/// [some time](Self::confirm_after), or somebody calls [`Control::resume`](crate::Control::resume). Without revisions, the
/// service cannot see whether it has stayed the same. There it is enough that every loaded value was small.
///
/// The first value of a process is not held, because there is no value to compare it with. A
/// [validator](crate::Builder::validate) can refuse an empty first value. The default of a
/// [`RemovalPolicy`](crate::policy::RemovalPolicy) is not held either.
///
/// # Default
///
/// - a value may lose at most 50 percent at once;
/// - a smaller value is accepted after 10 minutes.
///
/// # Example
///
/// ```
/// use std::time::Duration;
///
/// use hot_reload::admission::ShrinkGuard;
///
/// let guard = ShrinkGuard::by(|routes: &Vec<String>| routes.len())
///     .at_most(20)
///     .confirm_after(Duration::from_secs(3600));
/// # drop(guard);
/// ```
pub struct ShrinkGuard<V> {
    size: Box<dyn Fn(&V) -> usize + Send + Sync>,
    percent: u8,
    confirm_after: Duration,
}

impl<V> ShrinkGuard<V> {
    /// Creates a guard that compares this size of a value: the number of routes, users or lines.
    pub fn by(size: impl Fn(&V) -> usize + Send + Sync + 'static) -> Self {
        Self {
            size: Box::new(size),
            percent: SHRINK_PERCENT,
            confirm_after: SHRINK_CONFIRM,
        }
    }

    /// Sets how many percent of its size a value may lose at once. A value that becomes empty is always held, so 100 holds only
    /// empty values. Default: 50.
    #[must_use]
    pub fn at_most(self, percent: u8) -> Self {
        Self { percent, ..self }
    }

    /// Sets how long a smaller value must stay the same before it is accepted. Default: 10 minutes.
    #[must_use]
    pub fn confirm_after(self, confirm_after: Duration) -> Self {
        Self {
            confirm_after: confirm_after.min(LONGEST),
            ..self
        }
    }
}

impl<V> Admission<V> for ShrinkGuard<V> {
    fn objection(&self, visible: &V, candidate: &V) -> Option<String> {
        let (before, now) = ((self.size)(visible), (self.size)(candidate));
        let lost = before.saturating_sub(now) as u128 * 100;
        let too_much = lost > before as u128 * u128::from(self.percent);
        let empty = now == 0 && before > 0;
        (too_much || empty).then(|| format!("shrunk from {before} to {now}"))
    }

    fn reason(&self) -> HoldReason {
        HoldReason::Shrunk
    }

    fn confirm_after(&self) -> Duration {
        self.confirm_after
    }

    fn accepted(&self, _: &V) {}
}

impl<V> fmt::Debug for ShrinkGuard<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShrinkGuard")
            .field("percent", &self.percent)
            .field("confirm_after", &self.confirm_after)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(percent: u8, before: usize, now: usize) -> bool {
        let guard = ShrinkGuard::by(|size: &usize| *size).at_most(percent);
        guard.objection(&before, &now).is_some()
    }

    #[test]
    fn only_a_loss_above_the_bound_is_objected_to() {
        assert!(!admission(50, 10, 5) && admission(50, 10, 4));
        assert!(!admission(0, 10, 10) && admission(0, 10, 9));
        assert!(!admission(50, 10, 1000) && !admission(50, 0, 0) && !admission(50, 0, 1));
        assert!(admission(50, usize::MAX, 1) && !admission(50, 1, usize::MAX));
    }

    #[test]
    fn empty_value_is_objected_to_with_any_bound() {
        for percent in [0, 50, 99, 100, 255] {
            assert!(admission(percent, 1, 0), "{percent}");
        }
        assert!(!admission(100, 1000, 1));
    }
}
