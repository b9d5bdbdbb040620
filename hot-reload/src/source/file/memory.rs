//! [`Memory`]: what was found last, so that the next look may find out cheaply that nothing has changed.

use std::time::SystemTime;

use super::stamp::Stamp;
use crate::revision::Revision;

/// What was found last.
#[derive(Debug, Default)]
pub(super) struct Memory {
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    stamp: Stamp,
    revision: Revision,
    /// A change after it may have left the stamp as it is.
    racy: bool,
}

impl Memory {
    /// Whether the file certainly still is in the state that the caller has seen.
    pub(super) fn knows(&self, stamp: &Stamp, seen: Option<&Revision>) -> bool {
        self.last
            .as_ref()
            .is_some_and(|last| !last.racy && last.stamp == *stamp && seen == Some(&last.revision))
    }

    /// The stamp that was accepted last.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        self.last.as_ref().map(|last| last.stamp)
    }

    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// Accepts what was observed at this time. `local` is whether only this machine changes it.
    pub(super) fn remember(
        &mut self,
        stamp: Stamp,
        revision: Revision,
        observed: SystemTime,
        local: bool,
    ) {
        let racy = stamp.is_racy(observed) || (!local && stamp.is_doubtful(observed));
        self.last = Some(Last {
            stamp,
            revision,
            racy,
        });
    }
}
