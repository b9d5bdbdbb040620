//! [`Memory`]: the last accepted files, so that the next load can find out cheaply that nothing has changed.

use std::collections::HashSet;
use std::mem;
use std::time::SystemTime;

use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

use super::listing::{Listing, bytes};
use super::spec::Emptied;
use crate::revision::Revision;
use crate::source::blank::is_blank;
use crate::source::file::read::stamp::Stamp;
use crate::source::files::{Files, Part};

/// The last accepted files, and those that have contained more than blank content.
#[derive(Debug)]
pub(super) struct Memory {
    /// The files at the beginning of the last load. They are the watched ones.
    pub(super) listing: Listing,
    accepted: Option<Accepted>,
    /// The files that have contained more than blank content, by the hash of their key.
    full: HashSet<u64>,
}

#[derive(Debug)]
struct Accepted {
    listing: Listing,
    stamps: Vec<Stamp>,
    revision: Revision,
    observed: SystemTime,
    /// Whether a stamp was so recent that a later change may not have altered it.
    racy: bool,
}

impl Memory {
    /// Nothing was accepted yet. `listing` is watched.
    pub(super) fn new(listing: Listing) -> Self {
        Self {
            listing,
            accepted: None,
            full: HashSet::new(),
        }
    }

    /// Whether the files are certainly still in the state that the caller has seen.
    pub(super) fn knows<'a>(
        &self,
        stamps: impl Iterator<Item = &'a Stamp>,
        seen: Option<&Revision>,
    ) -> bool {
        self.accepted.as_ref().is_some_and(|last| {
            !last.racy
                && seen == Some(&last.revision)
                && last.listing == self.listing
                && stamps.eq(&last.stamps)
        })
    }

    /// As [`stamp`](Self::stamp), but equals no other stamp if a change may not have altered it.
    pub(super) fn certain_stamp(&self, index: usize) -> Option<Stamp> {
        let observed = self.accepted.as_ref()?.observed;
        Some(self.stamp(index)?.certain(observed))
    }

    /// The last accepted stamp of the file at this index.
    pub(super) fn stamp(&self, index: usize) -> Option<Stamp> {
        let last = self.accepted.as_ref()?;
        let key = self.listing.keys().get(index)?;
        last.stamps.get(last.listing.find(key)?).copied()
    }

    /// Whether a file that was accepted is missing.
    pub(super) fn misses_one(&self) -> bool {
        self.accepted.as_ref().is_some_and(|last| {
            let mut keys = last.listing.keys().iter();
            last.listing.keys() != self.listing.keys()
                && keys.any(|key| self.listing.find(key).is_none())
        })
    }

    /// Records which files have content, and returns which are blank. A file that was removed and reappears counts as new,
    /// unless all files were removed.
    pub(super) fn fill(&mut self, files: &Files) -> Emptied {
        let key = |part: &Part| xxh3_64(bytes(part.path()));
        let before = mem::take(&mut self.full);
        let (mut emptied, mut is_any_full, mut is_any) = (None, false, false);
        for part in files.iter() {
            is_any = true;
            let is_full = !is_blank(part.bytes());
            is_any_full |= is_full;
            if is_full || before.contains(&key(part)) {
                self.full.insert(key(part));
            }
            if !is_full && emptied.is_none() && before.contains(&key(part)) {
                emptied = Some(part.name().to_owned());
            }
        }
        match emptied {
            Some(name) if is_any_full => Emptied::One(name),
            emptied if is_any && !is_any_full => Emptied::All {
                had_content: emptied.is_some(),
            },
            _ => Emptied::None,
        }
    }

    pub(super) fn forget(&mut self) {
        self.accepted = None;
    }

    /// Accepts the files that were observed at this time.
    pub(super) fn remember(
        &mut self,
        stamps: Vec<Stamp>,
        revision: Revision,
        observed: SystemTime,
    ) {
        self.accepted = Some(Accepted {
            listing: self.listing.clone(),
            racy: stamps.iter().any(|stamp| stamp.is_racy(observed)),
            stamps,
            revision,
            observed,
        });
    }
}

/// The revision of the files: a hash of all names and bytes, each after its length, so that boundaries matter.
pub(super) fn revision(files: &Files) -> Revision {
    let mut hash = Xxh3Default::new();
    for part in files.iter() {
        for bytes in [bytes(part.path()), part.bytes()] {
            hash.update(&(bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
    Revision::from(hash.digest128())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> Files {
        let part = |(path, text): &(&str, &str)| {
            Part::new(path.into(), (*path).to_owned(), text.as_bytes().to_vec())
        };
        Files::new(files.iter().map(part).collect())
    }

    fn of(parts: &[(&str, &str)]) -> Revision {
        revision(&files(parts))
    }

    #[test]
    fn file_that_becomes_blank_counts_as_emptied() {
        let mut memory = Memory::new(Listing::default());
        let mut fill = |parts: &[(&str, &str)]| memory.fill(&files(parts));
        assert_eq!(fill(&[("a", ""), ("b", "1")]), Emptied::None, "as it began");
        assert_eq!(fill(&[("a", "2"), ("b", "1")]), Emptied::None);
        let one = Emptied::One("a".to_owned());
        assert_eq!(fill(&[("a", ""), ("b", "1")]), one);
        assert_eq!(fill(&[("a", "\n"), ("b", "3")]), one, "it still is");
        let all = |had_content| Emptied::All { had_content };
        assert_eq!(fill(&[("a", ""), ("b", " ")]), all(true));
        assert_eq!(fill(&[("c", "")]), all(false));
        assert_eq!(fill(&[]), Emptied::None);
        assert_eq!(fill(&[("b", "1"), ("c", "")]), Emptied::None, "c is new");
        assert_eq!(fill(&[("a", ""), ("b", "1")]), Emptied::None, "and so is a");
    }

    #[test]
    fn byte_moved_from_one_file_to_the_next_changes_the_revision() {
        let states = [
            of(&[("a", "xy"), ("b", "z")]),
            of(&[("a", "x"), ("b", "yz")]),
            of(&[("ax", "y"), ("b", "z")]),
            of(&[("a", "xy")]),
            of(&[]),
        ];
        for (index, one) in states.iter().enumerate() {
            assert!(!states[..index].contains(one));
        }
    }
}
