//! [`Memory`]: the last accepted files, so that the next load can find out cheaply that nothing has changed.

use std::path::Path;
use std::time::SystemTime;

use xxhash_rust::xxh3::Xxh3Default;

use super::listing::{Listing, bytes};
use crate::revision::Revision;
use crate::source::file::read::stamp::Stamp;
use crate::source::files::Files;

/// The last accepted files.
#[derive(Debug)]
pub(super) struct Memory {
    /// The files at the beginning of the last load. They are the watched ones.
    pub(super) listing: Listing,
    accepted: Option<Accepted>,
}

#[derive(Debug)]
struct Accepted {
    listing: Listing,
    /// `None`: the file did not exist.
    stamps: Vec<Option<Stamp>>,
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
        }
    }

    /// Whether the files are certainly still in the state that the caller has seen.
    pub(super) fn knows(&self, stamps: &[Option<Stamp>], seen: Option<&Revision>) -> bool {
        self.accepted.as_ref().is_some_and(|last| {
            !last.racy
                && seen == Some(&last.revision)
                && last.listing == self.listing
                && stamps == last.stamps
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
        let index = match last.listing.keys().get(index) {
            Some(same) if same == key => index,
            _ => last.listing.find(key)?,
        };
        *last.stamps.get(index)?
    }

    /// Whether a file that was accepted, and is still wanted, is missing.
    pub(super) fn misses_one(&self, is_wanted: impl Fn(&Path) -> bool) -> bool {
        self.accepted.as_ref().is_some_and(|last| {
            let mut keys = last.listing.keys().iter();
            last.listing.keys() != self.listing.keys()
                && keys.any(|key| self.listing.find(key).is_none() && is_wanted(key))
        })
    }

    pub(super) fn forget(&mut self) {
        self.accepted = None;
    }

    /// Accepts the files that were observed at this time.
    pub(super) fn remember(
        &mut self,
        stamps: Vec<Option<Stamp>>,
        revision: Revision,
        observed: SystemTime,
    ) {
        self.accepted = Some(Accepted {
            listing: self.listing.clone(),
            racy: stamps.iter().flatten().any(|stamp| stamp.is_racy(observed)),
            stamps,
            revision,
            observed,
        });
    }
}

/// The revision of the files: a hash of all names and bytes, each after its length, so that boundaries matter.
pub(in crate::source) fn revision(files: &Files) -> Revision {
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
    use crate::source::files::Part;

    fn files(files: &[(&str, &str)]) -> Files {
        let part = |(path, text): &(&str, &str)| Part::new(*path, *text);
        Files::new(files.iter().map(part)).unwrap()
    }

    fn of(parts: &[(&str, &str)]) -> Revision {
        revision(&files(parts))
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
