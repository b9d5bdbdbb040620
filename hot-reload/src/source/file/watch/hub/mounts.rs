//! [`Mounts`]: the mount table of this process. A mount changes the file that a path leads to, and causes no file event.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::source::file::os;

/// The open mount table, which reports its changes.
pub(super) struct Mounts {
    table: Option<(OwnedFd, os::MountWatch)>,
    /// Not polled before this time, so that a storm of mounts does not become a storm of loads.
    rests_until: Option<Instant>,
}

/// The events of the table. The kernel reports each change once, however late it is polled.
pub(super) const CHANGED: PollFlags = PollFlags::PRI.union(PollFlags::ERR);

impl Mounts {
    /// Opens the table. Without `/proc`, changes of mounts are found by the heartbeat.
    pub(super) fn open() -> Self {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let table = openat(CWD, "/proc/self/mountinfo", flags, Mode::empty()).ok();
        Self {
            table: table.map(|table| (table, os::MountWatch::new())),
            rests_until: None,
        }
    }

    /// The descriptor to poll, unless it has to rest.
    pub(super) fn table(&self) -> Option<&OwnedFd> {
        let table = self.table.as_ref().map(|(table, _)| table);
        table.filter(|_| self.rests_until.is_none())
    }

    /// The time until it may be polled again, if it has to rest.
    pub(super) fn rest(&mut self, now: Instant) -> Option<Duration> {
        let left = self.rests_until?.checked_duration_since(now);
        self.rests_until
            .take_if(|_| left.is_none_or(|left| left.is_zero()));
        left.filter(|_| self.rests_until.is_some())
    }

    /// Handles the result of polling. Returns whether something was mounted or unmounted.
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

/// A change of mounts costs one load of every file of the process.
const PAUSE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn table_rests_after_a_change() {
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
    fn poll_without_events_is_no_change() {
        let mut mounts = Mounts::open();
        assert!(!mounts.have_changed(PollFlags::empty(), clock::now()));
        assert!(mounts.table().is_some());
    }
}
