//! [`Memory`]: what a look leaves for the next one.

use tokio::time::Instant;

use super::settings::QUARANTINE;
use crate::event::{Outcome, Stage};
use crate::revision::Revision;

/// What the last look left for the next.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The state that the source was seen in.
    pub(super) seen: Option<Revision>,
    /// The refusal of that state, if it was refused: it is not tried again while the state lasts.
    pub(super) rejected: Option<Rejected>,
    /// The outcome of a look that finds that state, if it is good and held back.
    pub(super) held: Option<Outcome>,
    /// Whether a second load has confirmed that the source, or a file of it, is empty.
    pub(super) emptied: bool,
    /// Whether the source was removed and the policy followed.
    pub(super) missing: bool,
    /// Whether what was kept of an earlier run was asked for.
    pub(super) restored: bool,
    /// Whether the compatible receivers were told that there is no value.
    pub(super) cleared: bool,
}

#[derive(Debug)]
pub(super) struct Rejected {
    pub(super) outcome: Outcome,
    pub(super) since: Instant,
}

impl Rejected {
    /// Whether it has stood so long that what it depended on may have changed.
    pub(super) fn lifts_by_itself(&self) -> bool {
        let decoded = !matches!(
            self.outcome,
            Outcome::Rejected {
                stage: Stage::Decode,
                ..
            }
        );
        decoded && self.since.elapsed() >= QUARANTINE
    }
}
