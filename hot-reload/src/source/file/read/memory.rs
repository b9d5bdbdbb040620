//! [`Memory`]: what was found last, so that the next look may find out cheaply that nothing has changed.

use std::time::SystemTime;

use super::stamp::Stamp;
use crate::revision::Revision;

/// What was found last.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    stamp: Stamp,
    revision: Revision,
    /// A change after it may have left the stamp as it is.
    racy: bool,
    near: bool,
}

impl Memory {
    /// Whether the file certainly still is in the state that the caller has seen.
    pub(crate) fn knows(&self, stamp: &Stamp, seen: Option<&Revision>) -> bool {
        self.last
            .as_ref()
            .is_some_and(|last| !last.racy && last.stamp == *stamp && seen == Some(&last.revision))
    }

    /// The stamp that was accepted last. If a change may have left it as it is, it equals no other.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        let last = self.last.as_ref()?;
        Some(if last.racy {
            last.stamp.unlike_any()
        } else {
            last.stamp
        })
    }

    /// Whether the next step may be taken at once: see [`set_near`](Self::set_near).
    pub(crate) fn is_near(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.near)
    }

    pub(crate) fn forget(&mut self) {
        self.last = None;
    }

    /// The next step may be expected to take less time than to have another thread take it: the file that was accepted last
    /// is small, on a file system of this machine, and read without a trace.
    pub(crate) fn set_near(&mut self) {
        if let Some(last) = &mut self.last {
            last.near = last.stamp.size <= NEAR;
        }
    }

    /// Accepts what was observed at this time. `local` is whether only this machine changes it.
    pub(crate) fn remember(
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
            near: false,
        });
    }
}

/// So much is read from memory in some ten microseconds, and may be read where nobody should be held up for long.
pub(crate) const NEAR: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::super::stamp::Kind;
    use super::*;

    /// Of a file system whose timestamps are whole seconds.
    const COARSE: Stamp = Stamp {
        dev: 1,
        ino: 1,
        size: 9,
        modified: 5_000_000_000,
        changed: 5_000_000_000,
        mode: 0,
        links: 1,
        kind: Kind::File,
    };

    fn remembered(observed: Duration) -> Option<Stamp> {
        let mut memory = Memory::default();
        let revision = Revision::new("one");
        memory.remember(COARSE, revision, UNIX_EPOCH + observed, true);
        memory.stamp()
    }

    #[test]
    fn who_writes_within_the_same_second_is_asked_after_although_the_stamp_is_the_same() {
        let stamp = remembered(Duration::from_millis(5_500)).unwrap();
        assert_ne!(stamp, COARSE);
        assert_eq!(
            stamp.size, COARSE.size,
            "whether it was emptied is still known"
        );
        assert_eq!(remembered(Duration::from_millis(7_500)), Some(COARSE));
    }
}
