//! [`NeverClosed`]: the files whose writers exceeded the longest wait.

use crate::status::Degradation;

/// The files whose writers exceeded the longest wait, the latest first.
#[derive(Default)]
pub(crate) struct NeverClosed(Vec<Known>);

struct Known {
    inode: (u64, u64),
    /// The reason for the status.
    why: Degradation,
    /// How many waits the writers have exceeded since nobody had the inode open for writing.
    exceeded: u32,
    /// Whether a writer has closed a file since, so that the next one is waited for.
    rechecked: bool,
}

impl NeverClosed {
    /// Notes that a writer of this inode has exceeded the longest wait once more.
    pub(crate) fn add(&mut self, inode: (u64, u64), why: Degradation) {
        let before = self.0.iter().position(|known| known.inode == inode);
        let exceeded = before.map_or(0, |place| self.0.remove(place).exceeded);
        self.0.truncate(MOST_FILES - 1);
        let known = Known {
            inode,
            why,
            exceeded: exceeded.saturating_add(1),
            rechecked: false,
        };
        self.0.insert(0, known);
    }

    /// Notes that nobody writes to this inode any more.
    pub(crate) fn remove(&mut self, inode: (u64, u64)) {
        self.0.retain(|known| known.inode != inode);
    }

    /// Keeps only the inodes that still have a name.
    pub(crate) fn keep(&mut self, has_name: impl Fn((u64, u64)) -> bool) {
        self.0.retain(|known| has_name(known.inode));
    }

    /// Notes that a program that could write has closed a file. It may be a writer that exceeded the longest wait. After two
    /// exceeded waits, another program keeps the file open beside its writers, and a third wait has no use.
    pub(crate) fn recheck(&mut self) {
        for known in self.0.iter_mut() {
            known.rechecked |= known.exceeded < MOST_WAITS;
        }
    }

    pub(crate) fn contains(&self, inode: (u64, u64)) -> bool {
        self.current().any(|known| known.inode == inode)
    }

    pub(crate) fn reasons(&self) -> impl Iterator<Item = &Degradation> {
        self.current().map(|known| &known.why)
    }

    fn current(&self) -> impl Iterator<Item = &Known> {
        self.0.iter().filter(|known| !known.rechecked)
    }
}

/// More files of one source than are never closed in practice. A file that falls out is waited for once more.
const MOST_FILES: usize = 16;

/// The first exceeded wait may be for a slow writer that closes the file in the end.
const MOST_WAITS: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const INODE: (u64, u64) = (1, 1);

    #[test]
    fn file_kept_open_beside_its_writers_is_waited_for_twice() {
        let mut never_closed = NeverClosed::default();
        let why = || Degradation::new("never_closed", "c is not closed".to_owned(), "close it");
        for is_known in [false, true, true] {
            never_closed.add(INODE, why());
            assert!(never_closed.contains(INODE));
            assert_eq!(never_closed.reasons().count(), 1);
            never_closed.recheck();
            assert_eq!(never_closed.contains(INODE), is_known);
            assert_eq!(never_closed.reasons().count(), usize::from(is_known));
        }
        never_closed.remove(INODE);
        assert!(!never_closed.contains(INODE));
        never_closed.add(INODE, why());
        never_closed.recheck();
        assert!(!never_closed.contains(INODE), "the count begins again");
    }
}
