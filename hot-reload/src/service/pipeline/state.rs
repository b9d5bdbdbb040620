//! [`LoadState`]: what a load remembers for the next one.

use tokio::time::Instant;

use crate::event::{Outcome, Stage};
use crate::revision::Revision;
use crate::service::settings::QUARANTINE;

/// What the last load left for the next.
#[derive(Debug, Default)]
pub(crate) struct LoadState {
    /// The state that the source was seen in.
    pub(crate) seen: Option<Revision>,
    /// The refusal of that state, if it was refused: it is not tried again while the state lasts.
    pub(crate) rejected: Option<Rejected>,
    /// The outcome of a load that finds that state, if it is good and held back.
    pub(crate) held: Option<Outcome>,
    /// Whether a second load has confirmed that the source, or a file of it, is empty.
    pub(crate) emptied: bool,
    /// Whether the last good content was not blank. Only then does blank content mean that the source was emptied.
    pub(crate) had_content: bool,
    /// Whether the source was removed and the policy followed.
    pub(crate) missing: bool,
    /// Whether what was kept of an earlier run was asked for.
    pub(crate) restored: bool,
    /// Whether the compatible receivers were told that there is no value.
    pub(crate) cleared: bool,
}

#[derive(Debug)]
pub(crate) struct Rejected {
    pub(crate) outcome: Outcome,
    pub(crate) since: Instant,
}

impl Rejected {
    /// Whether it has stood so long that what it depended on may have changed.
    pub(crate) fn lifts_by_itself(&self) -> bool {
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
