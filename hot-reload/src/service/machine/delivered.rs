//! [`Delivered`]: content that the watch has sent and that no load has used yet, and how it is ordered among the loads.
//!
//! Content is scheduled like a hint. The load that follows uses it in place of the source. Revisions have no order, so the
//! machine orders content by time:
//!
//! - A load of the source that begins later finds the same state or a newer one. If it succeeds, the content is outdated.
//! - Beside a load that runs already, either may be newer. If the load finds nothing new, the content is used. If it finds
//!   something new, the content is dropped, and its hint causes one more load of the source.
//! - A load that fails proves nothing. The content is used afterwards.

use super::terms::Verdict;

/// See the [module documentation](self).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Delivered {
    #[default]
    None,
    /// No load of the source has begun since.
    Waiting,
    /// It arrived while a load was running that may read the source, and that has not ended.
    BesideLoad,
    /// A load of the source that runs began after it.
    BeforeLoad,
}

impl Delivered {
    /// Content arrives. `is_reading`: whether a load is running that may read the source.
    pub(super) fn arrived(is_reading: bool) -> Self {
        match is_reading {
            true => Self::BesideLoad,
            false => Self::Waiting,
        }
    }

    pub(super) fn is_waiting(self) -> bool {
        self != Self::None
    }

    /// A load of the source begins.
    pub(super) fn load_began(&mut self) {
        if self.is_waiting() {
            *self = Self::BeforeLoad;
        }
    }

    /// The load has ended, and had no effect.
    pub(super) fn load_had_no_effect(&mut self) {
        if *self == Self::BesideLoad {
            *self = Self::Waiting;
        }
    }

    /// The load has ended. Returns whether the content needs another hint, because the load has used up its own.
    pub(super) fn load_ended(&mut self, verdict: Verdict) -> bool {
        let before = *self;
        *self = match (before, verdict) {
            (Self::None, _) => Self::None,
            (_, Verdict::Failed(_)) | (Self::BesideLoad, Verdict::Unchanged) => Self::Waiting,
            _ => Self::None,
        };
        self.is_waiting() && before == Self::BeforeLoad
    }
}
