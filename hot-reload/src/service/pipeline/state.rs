//! [`LoadState`]: the state that a load keeps for the next one.

use tokio::time::Instant;

use crate::event::{Outcome, Stage};
use crate::revision::Revision;
use crate::service::settings::QUARANTINE;

/// The state that the last load left for the next.
#[derive(Debug, Default)]
pub(crate) struct LoadState {
    /// The last seen revision of the source.
    pub(crate) seen: Option<Revision>,
    /// The rejection of that revision, if it was rejected. It is not tried again while the revision stays.
    pub(crate) rejected: Option<Rejected>,
    /// The outcome of a load that finds that revision, if it is good and held.
    pub(crate) held: Option<Outcome>,
    /// Whether a second load has confirmed that the source, or a file of it, is empty.
    pub(crate) emptied: bool,
    /// Whether the last good content was not blank. Only then does blank content mean that the source was emptied.
    pub(crate) had_content: bool,
    /// Whether the source was removed and the policy was applied.
    pub(crate) missing: bool,
    /// Whether the kept value of an earlier run was read.
    pub(crate) kept: KeptState,
    /// Whether `None` was published to the compatible receivers.
    pub(crate) cleared: bool,
}

/// How far the kept value of an earlier run is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum KeptState {
    #[default]
    Unread,
    /// The storage did not answer, so there may be a kept value. Only blank content asks again.
    Unknown,
    /// It was read, or can never be read, or there is none.
    Known,
}

#[derive(Debug)]
pub(crate) struct Rejected {
    pub(crate) outcome: Outcome,
    pub(crate) since: Instant,
}

impl Rejected {
    /// Whether it is old enough that its cause may be gone. Decoding errors never are.
    pub(crate) fn may_retry(&self) -> bool {
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
