//! [`Tireless`]: the files whose writers exceeded the longest wait.

use crate::status::Degradation;

/// The files whose writers exceeded the longest wait, the last one first.
#[derive(Default)]
pub(crate) struct Tireless(Vec<Known>);

struct Known {
    inode: (u64, u64),
    /// What the status says of it.
    why: Degradation,
    /// How many waits the writers exceeded since nobody had the inode open for writing.
    vain: u32,
    /// Whether a writer has closed a file since: the next one is waited for.
    doubted: bool,
}

impl Tireless {
    /// Notes that a writer of this inode has exceeded the longest wait once more.
    pub(crate) fn add(&mut self, inode: (u64, u64), why: Degradation) {
        let before = self.0.iter().position(|known| known.inode == inode);
        let vain = before.map_or(0, |place| self.0.remove(place).vain);
        self.0.truncate(MOST - 1);
        let known = Known {
            inode,
            why,
            vain: vain.saturating_add(1),
            doubted: false,
        };
        self.0.insert(0, known);
    }

    /// Nobody writes to this inode any more.
    pub(crate) fn remove(&mut self, inode: (u64, u64)) {
        self.0.retain(|known| known.inode != inode);
    }

    /// Only these inodes have a name still.
    pub(crate) fn keep(&mut self, is_there: impl Fn((u64, u64)) -> bool) {
        self.0.retain(|known| is_there(known.inode));
    }

    /// Notes that somebody who could write has closed a file. It may be a writer that exceeded the longest wait. After two
    /// exceeded waits, another program keeps the file open beside its writers, and a third wait has no use.
    pub(crate) fn doubt(&mut self) {
        for known in self.0.iter_mut().filter(|known| known.vain < IN_VAIN) {
            known.doubted = true;
        }
    }

    pub(crate) fn contains(&self, inode: (u64, u64)) -> bool {
        self.believed().any(|known| known.inode == inode)
    }

    pub(crate) fn reasons(&self) -> impl Iterator<Item = &Degradation> {
        self.believed().map(|known| &known.why)
    }

    fn believed(&self) -> impl Iterator<Item = &Known> {
        self.0.iter().filter(|known| !known.doubted)
    }
}

/// More than a source has files that are never closed. One that is forgotten is waited for once more.
const MOST: usize = 16;

/// One exceeded wait may be for a slow writer, who closes the file in the end.
const IN_VAIN: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const INODE: (u64, u64) = (1, 1);

    #[test]
    fn whoever_keeps_a_file_open_beside_its_writers_is_waited_for_twice() {
        let mut tireless = Tireless::default();
        let why = || Degradation::new("never_closed", "c is not closed".to_owned(), "close it");
        for is_known in [false, true, true] {
            tireless.add(INODE, why());
            assert!(tireless.contains(INODE));
            assert_eq!(tireless.reasons().count(), 1);
            tireless.doubt();
            assert_eq!(tireless.contains(INODE), is_known);
            assert_eq!(tireless.reasons().count(), usize::from(is_known));
        }
        tireless.remove(INODE);
        assert!(!tireless.contains(INODE));
        tireless.add(INODE, why());
        tireless.doubt();
        assert!(!tireless.contains(INODE), "as if nothing had been");
    }
}
