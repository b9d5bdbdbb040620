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
    /// It is small, and on a file system of this machine.
    near: bool,
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

    /// Whether what was accepted last took less time than to have another thread do it, so that the same may be expected
    /// of the next step.
    pub(super) fn is_near(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.near)
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
            near: local && stamp.size <= NEAR,
        });
    }
}

/// So much is read from memory in some ten microseconds, and may be read where nobody should be held up for long.
pub(crate) const NEAR: u64 = 64 << 10;
