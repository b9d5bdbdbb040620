//! [`Counters`]: the counters of a service. A new counter of loads needs a field, and a line in `count`.

use super::attempt::Attempt;
use super::errors::ErrorCounts;
use crate::event::Outcome;

/// The counters of a service, since it was created.
///
/// ```
/// # fn example(control: hot_reload::Control<String>) {
/// let counters = control.status().counters;
/// println!("{} of {} loads were rejected", counters.rejected, counters.loads);
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Counters {
    /// Loads that ended.
    pub loads: u64,
    /// Published values: from the source, from rollbacks, restored, or defaults.
    pub published: u64,
    /// Loads that found the visible value.
    pub unchanged: u64,
    /// Loads whose content was rejected.
    pub rejected: u64,
    /// Loads that failed.
    pub failed: u64,
    /// Loads that failed or were rejected, by the kind of their error.
    pub errors: ErrorCounts,
    /// Loads that found no content.
    pub missing: u64,
    /// Loads that found a good value which is held.
    pub held: u64,
    /// Rollbacks.
    pub rollbacks: u64,
    /// How often an open watch was lost.
    pub watch_losses: u64,
    /// Changes that a heartbeat found without a hint of the watch.
    pub missed_events: u64,
}

impl Counters {
    /// Counts a load that has ended. Publications are counted where they happen, because a removal and a rollback publish, too.
    pub(crate) fn count(&mut self, attempt: &Attempt) {
        self.loads += 1;
        if let Some(error) = attempt.outcome.error() {
            self.errors.add(error.kind());
        }
        match attempt.outcome {
            Outcome::Published { .. } => {}
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Rejected { .. } => self.rejected += 1,
            Outcome::Failed { .. } => self.failed += 1,
            Outcome::Missing => self.missing += 1,
            Outcome::Held => self.held += 1,
        }
    }
}
