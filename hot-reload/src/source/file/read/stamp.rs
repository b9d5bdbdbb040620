//! [`Stamp`]: the metadata that distinguishes two states of a file without reading it.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::revision::Revision;

/// The metadata of a file. Compared for equality only, because timestamps may decrease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) size: u64,
    /// Last modification of the content, in nanoseconds since 1970.
    pub(crate) modified: i128,
    /// Last change of content or attributes, in nanoseconds since 1970.
    pub(crate) changed: i128,
    pub(crate) mode: u32,
    pub(crate) links: u64,
    pub(crate) kind: Kind,
}

/// The kind of what a path leads to, links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
    Other,
}

impl Kind {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        if metadata.is_file() {
            Self::File
        } else if metadata.is_dir() {
            Self::Directory
        } else {
            Self::Other
        }
    }
}

impl Stamp {
    /// Device and inode number.
    pub(crate) fn inode(&self) -> (u64, u64) {
        (self.dev, self.ino)
    }

    /// Whether this is the stamp of the same inode.
    pub(crate) fn same_inode(&self, other: &Self) -> bool {
        self.inode() == other.inode()
    }

    /// Whether nothing was written between the two, as far as stamps can tell.
    pub(crate) fn same_content(&self, other: &Self) -> bool {
        let content = |stamp: &Self| (stamp.inode(), stamp.size, stamp.modified);
        content(self) == content(other)
    }

    /// A token that changes with the content, as far as stamps can tell.
    #[cfg(feature = "file-reloader")]
    pub(crate) fn content(self) -> Vec<u8> {
        let numbers = [self.dev, self.ino, self.size];
        let numbers = numbers.iter().flat_map(|number| number.to_be_bytes());
        numbers.chain(self.modified.to_be_bytes()).collect()
    }

    /// The stamp to remember of a file that was observed at this time. If a change may have left the stamp as it is, the
    /// result equals no stamp of a file, except in size and inode.
    #[cfg(any(feature = "dir", feature = "file-reloader"))]
    pub(crate) fn certain(self, observed: SystemTime) -> Self {
        if self.is_racy(observed) {
            self.unlike_any()
        } else {
            self
        }
    }

    /// A stamp with the same size and inode that equals no stamp of a file.
    pub(crate) fn unlike_any(self) -> Self {
        Self {
            changed: i128::MIN,
            ..self
        }
    }

    /// Whether a change right after the stamp was taken could leave it as it is, because the file system's clock is too
    /// coarse.
    pub(crate) fn is_racy(&self, observed: SystemTime) -> bool {
        nanoseconds(observed) - self.newest() < self.window(true).as_nanos() as i128
    }

    /// The same if other machines with other clocks may change the file. A small file is always read then.
    pub(crate) fn is_racy_elsewhere(&self, observed: SystemTime) -> bool {
        let age = nanoseconds(observed) - self.newest();
        self.size <= CHEAP || age < RACY_SECONDS.as_nanos() as i128
    }

    /// The time until a file that was touched just now counts as finished.
    #[cfg(any(test, feature = "dir"))]
    pub(crate) fn young(&self, now: SystemTime) -> Option<Duration> {
        self.until(YOUNG, now)
    }

    /// The time until the file has been untouched for this long.
    pub(crate) fn until(&self, untouched: Duration, now: SystemTime) -> Option<Duration> {
        let age = nanoseconds(now) - self.newest();
        // A time in the future says nothing about now: either the clock or the file's time was set.
        let age = Duration::from_nanos(u64::try_from(age).ok()?);
        // Such a file may be a second younger than its timestamps say.
        let unsure = Duration::from_secs(u64::from(self.is_coarse()));
        (untouched + unsure)
            .checked_sub(age)
            .filter(|rest| !rest.is_zero())
    }

    /// Whether it was certainly untouched for this long. False if its time lies in the future.
    pub(crate) fn is_older_than(&self, untouched: Duration, now: SystemTime) -> bool {
        let age = nanoseconds(now) - self.newest();
        let unsure = if self.is_coarse() { SECOND } else { 0 };
        age - unsure >= untouched.as_nanos() as i128
    }

    /// The time until every later change will also change the stamp. `local`: only this machine changes the file.
    pub(crate) fn unsettled(&self, now: SystemTime, local: bool) -> Option<Duration> {
        // The next change replaces a time from the future by the time of now.
        let age = u64::try_from(nanoseconds(now) - self.newest()).ok()?;
        self.window(local)
            .checked_sub(Duration::from_nanos(age))
            .filter(|rest| !rest.is_zero())
    }

    /// The revision of a state whose content was not read.
    pub(crate) fn revision(&self) -> Revision {
        Revision::new(format!("{self:?}"))
    }

    /// The time between two changes after which their stamps certainly differ.
    fn window(&self, local: bool) -> Duration {
        if self.is_coarse() || !local {
            RACY_SECONDS
        } else {
            RACY
        }
    }

    /// Whether its timestamps are whole seconds, as far as this stamp shows.
    fn is_coarse(&self) -> bool {
        self.modified % SECOND == 0 && self.changed % SECOND == 0
    }

    fn newest(&self) -> i128 {
        self.modified.max(self.changed)
    }
}

fn nanoseconds(time: SystemTime) -> i128 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos() as i128)
}

const SECOND: i128 = 1_000_000_000;

/// A kernel stamps files by its tick, which is up to 10 ms long; twice that is safe.
const RACY: Duration = Duration::from_millis(20);

/// The same where timestamps are whole seconds.
const RACY_SECONDS: Duration = Duration::from_secs(2);

/// Reading this much takes no longer than a request to another machine.
const CHEAP: u64 = 1 << 20;

/// Without an event that says "complete", a file counts as finished when it has been untouched for this long.
pub(crate) const YOUNG: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(modified: i128) -> Stamp {
        Stamp {
            dev: 1,
            ino: 1,
            size: 1,
            modified,
            changed: modified,
            mode: 0,
            links: 1,
            kind: Kind::File,
        }
    }

    fn wall(nanoseconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(nanoseconds)
    }

    #[test]
    fn stamp_within_a_clock_tick_is_racy() {
        let written = at(5_000_000_001);
        assert!(written.is_racy(wall(5_010_000_000)));
        assert!(!written.is_racy(wall(5_030_000_000)));
    }

    #[test]
    fn stamp_in_whole_seconds_is_racy_for_two_seconds() {
        let written = at(5_000_000_000);
        assert!(written.is_racy(wall(6_900_000_000)));
        assert!(!written.is_racy(wall(7_100_000_000)));
    }

    #[test]
    fn file_is_young_for_fifty_milliseconds() {
        let written = at(5_000_000_001);
        assert_eq!(
            written.young(wall(5_010_000_001)),
            Some(Duration::from_millis(40))
        );
        assert_eq!(written.young(wall(5_050_000_001)), None);
    }

    #[test]
    fn stamp_settles_by_the_resolution_of_its_clock() {
        let left = |stamp: Stamp, now, local| stamp.unsettled(wall(now), local);
        let ms = |count| Some(Duration::from_millis(count));
        let written = at(5_000_000_001);
        assert_eq!(left(written, 5_010_000_001, true), ms(10));
        assert_eq!(left(written, 5_020_000_001, true), None);
        assert_eq!(left(written, 5_020_000_001, false), ms(1_980));
        assert_eq!(left(at(5_000_000_000), 6_900_000_000, true), ms(100));
        // Not waited for until then: whatever comes before it differs from it.
        assert_eq!(left(at(9_000_000_001), 5_000_000_000, true), None);
    }

    #[test]
    fn file_with_whole_seconds_is_young_for_a_second_longer() {
        let written = at(5_000_000_000);
        let young = |ms: u64| written.young(wall(ms * 1_000_000));
        assert_eq!(young(5_900), Some(Duration::from_millis(150)));
        assert_eq!(young(6_050), None);
    }

    #[test]
    fn file_from_the_future_is_not_waited_for() {
        assert_eq!(at(9_000_000_001).young(wall(5_000_000_000)), None);
    }
}
