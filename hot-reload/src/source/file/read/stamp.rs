//! [`Stamp`]: what tells two states of a file apart without reading it.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::revision::Revision;
use crate::source::file::os;

/// What the file system says about a file. Compared for equality only: timestamps go backwards too.
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

/// What a path leads to, links followed.
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
    /// The stamp of what the path leads to, links followed.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        os::stamp_at(path)
    }

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

    /// What to remember of a file that was observed at this time. If a change may have left the stamp as it is, it equals
    /// no stamp of a file, but for size and inode.
    #[cfg(any(feature = "dir", feature = "file-reloader"))]
    pub(crate) fn certain(self, observed: SystemTime) -> Self {
        if self.is_racy(observed) {
            self.unlike_any()
        } else {
            self
        }
    }

    /// The same size and inode, and equal to no stamp of a file.
    pub(crate) fn unlike_any(self) -> Self {
        Self {
            changed: i128::MIN,
            ..self
        }
    }

    /// Whether a change right after the stamp was taken could leave it as it is, because the clock of the file system
    /// is too coarse.
    pub(crate) fn is_racy(&self, observed: SystemTime) -> bool {
        nanoseconds(observed) - self.newest() < self.window(true).as_nanos() as i128
    }

    /// The same where not all changes pass through this machine and its clock: a small file is read rather than believed.
    pub(crate) fn is_doubtful(&self, observed: SystemTime) -> bool {
        let age = nanoseconds(observed) - self.newest();
        self.size <= CHEAP || age < RACY_SECONDS.as_nanos() as i128
    }

    /// How much longer the file has to lie untouched to count as finished, if it was touched just now.
    #[cfg(any(test, feature = "dir"))]
    pub(crate) fn young(&self, now: SystemTime) -> Option<Duration> {
        self.until(YOUNG, now)
    }

    /// How much longer it takes until the file was not touched for so long.
    pub(crate) fn until(&self, untouched: Duration, now: SystemTime) -> Option<Duration> {
        let age = nanoseconds(now) - self.newest();
        // A time in the future says nothing about now: the clock was set, or the time was.
        let age = Duration::from_nanos(u64::try_from(age).ok()?);
        // A second is what such a file may be younger than its timestamps say.
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

    /// How much longer it takes until every later change will change the stamp too. `local` is whether only this machine
    /// changes the file.
    pub(crate) fn unsettled(&self, now: SystemTime, local: bool) -> Option<Duration> {
        // One from the future is left by the next change, which happens now.
        let age = u64::try_from(nanoseconds(now) - self.newest()).ok()?;
        self.window(local)
            .checked_sub(Duration::from_nanos(age))
            .filter(|rest| !rest.is_zero())
    }

    /// A name for a state of which the content was not read.
    pub(crate) fn revision(&self) -> Revision {
        Revision::new(format!("{self:?}"))
    }

    /// How far apart two changes have to be for their stamps to differ for certain.
    fn window(&self, local: bool) -> Duration {
        if self.is_coarse() || !local {
            RACY_SECONDS
        } else {
            RACY
        }
    }

    /// Whether its timestamps are whole seconds, as far as this one shows.
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

/// Reading so much takes no longer than asking for it.
const CHEAP: u64 = 1 << 20;

/// A file that nobody was seen to finish counts as finished when it has not been touched for this long.
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
    fn a_stamp_taken_within_the_tick_proves_nothing() {
        let written = at(5_000_000_001);
        assert!(written.is_racy(wall(5_010_000_000)));
        assert!(!written.is_racy(wall(5_030_000_000)));
    }

    #[test]
    fn whole_seconds_are_believed_later() {
        let written = at(5_000_000_000);
        assert!(written.is_racy(wall(6_900_000_000)));
        assert!(!written.is_racy(wall(7_100_000_000)));
    }

    #[test]
    fn a_young_file_grows_up() {
        let written = at(5_000_000_001);
        assert_eq!(
            written.young(wall(5_010_000_001)),
            Some(Duration::from_millis(40))
        );
        assert_eq!(written.young(wall(5_050_000_001)), None);
    }

    #[test]
    fn a_stamp_settles_with_the_clock_of_its_file_system() {
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
    fn a_file_with_whole_seconds_may_be_a_second_younger_than_it_says() {
        let written = at(5_000_000_000);
        let young = |ms: u64| written.young(wall(ms * 1_000_000));
        assert_eq!(young(5_900), Some(Duration::from_millis(150)));
        assert_eq!(young(6_050), None);
    }

    #[test]
    fn a_file_from_the_future_is_not_waited_for() {
        assert_eq!(at(9_000_000_001).young(wall(5_000_000_000)), None);
    }
}
