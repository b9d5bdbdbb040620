//! [`Mounts`]: the mount table of this process, which changes what a path leads to without any event of files.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::source::file::os;

/// The mount table, held open to be told of its changes.
pub(super) struct Mounts {
    table: Option<(OwnedFd, os::MountWatch)>,
    /// Not asked before, so that a storm of mounts does not become a storm of looks.
    rests_until: Option<Instant>,
}

/// What to poll the table for. The kernel reports each change once, however late it is asked.
pub(super) const CHANGED: PollFlags = PollFlags::PRI.union(PollFlags::ERR);

impl Mounts {
    /// Without `/proc`, changes are found by the heartbeat.
    pub(super) fn open() -> Self {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let table = openat(CWD, "/proc/self/mountinfo", flags, Mode::empty()).ok();
        Self {
            table: table.map(|table| (table, os::MountWatch::new())),
            rests_until: None,
        }
    }

    /// What to poll, if it may be asked now.
    pub(super) fn table(&self) -> Option<&OwnedFd> {
        let table = self.table.as_ref().map(|(table, _)| table);
        table.filter(|_| self.rests_until.is_none())
    }

    /// How long until it may be asked again, if it may not now.
    pub(super) fn rest(&mut self, now: Instant) -> Option<Duration> {
        let left = self.rests_until?.checked_duration_since(now);
        self.rests_until
            .take_if(|_| left.is_none_or(|left| left.is_zero()));
        left.filter(|_| self.rests_until.is_some())
    }

    /// Takes in what polling has answered. True if something was mounted or unmounted.
    pub(super) fn have_changed(&mut self, answer: PollFlags, now: Instant) -> bool {
        if answer.contains(PollFlags::NVAL) {
            self.table = None;
        }
        let changed = answer.intersects(CHANGED);
        if changed {
            os::mounts_have_changed();
            self.rests_until = Some(now + PAUSE);
        }
        changed
    }
}

/// A change of mounts costs one look at every file of the process.
const PAUSE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn after_a_change_the_table_is_left_alone_for_a_while() {
        let (mut mounts, start) = (Mounts::open(), clock::now());
        assert_eq!(mounts.rest(start), None);
        assert!(mounts.table().is_some());
        assert!(mounts.have_changed(CHANGED, start));
        assert!(mounts.table().is_none());
        assert_eq!(mounts.rest(start), Some(PAUSE));
        assert_eq!(mounts.rest(start + PAUSE), None);
        assert!(mounts.table().is_some());
    }

    #[test]
    fn nothing_changes_without_an_answer() {
        let mut mounts = Mounts::open();
        assert!(!mounts.have_changed(PollFlags::empty(), clock::now()));
        assert!(mounts.table().is_some());
    }
}
