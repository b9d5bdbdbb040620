//! [`Memory`]: the last accepted file, so that the next load can find out cheaply that nothing has changed.

use std::time::SystemTime;

use super::stamp::Stamp;
use crate::revision::Revision;

/// The file that was accepted last.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    stamp: Stamp,
    revision: Revision,
    /// Whether a later change may have left the stamp as it is.
    racy: bool,
    /// See [`set_near`](Memory::set_near).
    near: bool,
}

impl Memory {
    /// Whether the file certainly is still in the state that the caller has seen.
    pub(crate) fn knows(&self, stamp: &Stamp, seen: Option<&Revision>) -> bool {
        self.last
            .as_ref()
            .is_some_and(|last| !last.racy && last.stamp == *stamp && seen == Some(&last.revision))
    }

    /// The stamp that was accepted last. If a change may have left the stamp as it is, this equals no other stamp.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        let last = self.last.as_ref()?;
        Some(if last.racy {
            last.stamp.unlike_any()
        } else {
            last.stamp
        })
    }

    /// Whether the next step may run on the service's task: see [`set_near`](Self::set_near).
    pub(crate) fn is_near(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.near)
    }

    pub(crate) fn forget(&mut self) {
        self.last = None;
    }

    /// Notes that the accepted file is on a file system of this machine and is read without a trace. If it is also small, the
    /// next step takes less time than handing it to another thread.
    pub(crate) fn set_near(&mut self) {
        if let Some(last) = &mut self.last {
            last.near = last.stamp.size <= NEAR;
        }
    }

    /// Accepts a file that was observed at this time. `local`: only this machine changes it.
    pub(crate) fn remember(
        &mut self,
        stamp: Stamp,
        revision: Revision,
        observed: SystemTime,
        local: bool,
    ) {
        let racy = stamp.is_racy(observed) || (!local && stamp.is_racy_elsewhere(observed));
        self.last = Some(Last {
            stamp,
            revision,
            racy,
            near: false,
        });
    }
}

/// This much is read from memory in about ten microseconds, so it may be read on a task.
pub(crate) const NEAR: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::super::stamp::Kind;
    use super::*;

    /// The stamp of a file system whose timestamps are whole seconds.
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
    fn stamp_of_a_coarse_clock_is_not_trusted_within_its_second() {
        let stamp = remembered(Duration::from_millis(5_500)).unwrap();
        assert_ne!(stamp, COARSE);
        assert_eq!(stamp.size, COARSE.size, "an emptied file is still noticed");
        assert_eq!(remembered(Duration::from_millis(7_500)), Some(COARSE));
    }
}
