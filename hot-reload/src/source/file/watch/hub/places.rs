//! [`Places`]: the directories, names and inodes that one source watches, in the order of inode and name.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::mem;
use std::sync::Arc;

use super::backend::{Depth, WatchId};
use crate::source::file::watch::event::Token;

/// A set of [`Place`]s that is visited in rounds. The end of a round takes out what it did not visit.
#[derive(Default)]
pub(super) struct Places {
    /// First the known places, in the order of their keys. Then those of this round, in the order of arrival. Of two with the
    /// same key, the later one counts.
    all: Vec<Place>,
    known: usize,
}

/// One name in a directory, or one inode.
pub(super) struct Place {
    pub(super) id: WatchId,
    pub(super) token: Token,
    pub(super) identity: (u64, u64),
    pub(super) depth: Depth,
    pub(super) name: Option<Arc<OsStr>>,
    visited: bool,
}

impl Place {
    pub(super) fn new(
        id: WatchId,
        token: Token,
        identity: (u64, u64),
        depth: Depth,
        name: Option<Arc<OsStr>>,
    ) -> Self {
        Self {
            id,
            token,
            identity,
            depth,
            name,
            visited: true,
        }
    }

    fn compare(&self, identity: (u64, u64), name: Option<&OsStr>) -> Ordering {
        (self.identity, self.name.as_deref()).cmp(&(identity, name))
    }
}

impl Places {
    /// Begins a round. A round that was broken off keeps its places.
    pub(super) fn begin(&mut self) {
        self.absorb();
        for place in &mut self.all {
            place.visited = false;
        }
    }

    /// The place with this key, as earlier rounds have left it.
    pub(super) fn find(&self, identity: (u64, u64), name: Option<&OsStr>) -> Option<&Place> {
        self.all.get(self.position(identity, name)?)
    }

    /// Marks this place as visited.
    pub(super) fn visit(&mut self, identity: (u64, u64), name: Option<&OsStr>) {
        if let Some(index) = self.position(identity, name)
            && let Some(place) = self.all.get_mut(index)
        {
            place.visited = true;
        }
    }

    /// Adds a place, or replaces the one with its key, which is returned.
    pub(super) fn put(&mut self, place: Place) -> Option<Place> {
        let index = self.position(place.identity, place.name.as_deref());
        match index.and_then(|index| self.all.get_mut(index)) {
            Some(known) => Some(mem::replace(known, place)),
            None => {
                self.all.push(place);
                None
            }
        }
    }

    /// Ends a round, and takes out what it did not visit.
    pub(super) fn finish(&mut self) -> Vec<Place> {
        self.extract(|place| !place.visited)
    }

    /// Takes out the inodes, but not the names, for which `which` is true.
    pub(super) fn take_inodes(&mut self, mut which: impl FnMut(&Place) -> bool) -> Vec<Place> {
        self.extract(|place| place.depth == Depth::Inode && which(place))
    }

    /// Takes out everything.
    pub(super) fn take(&mut self) -> Vec<Place> {
        self.extract(|_| true)
    }

    fn extract(&mut self, mut which: impl FnMut(&Place) -> bool) -> Vec<Place> {
        self.absorb();
        let taken = self.all.extract_if(.., |place| which(place)).collect();
        self.known = self.all.len();
        taken
    }

    fn position(&self, identity: (u64, u64), name: Option<&OsStr>) -> Option<usize> {
        let known = self.all.get(..self.known)?;
        known
            .binary_search_by(|place| place.compare(identity, name))
            .ok()
    }

    fn absorb(&mut self) {
        if self.known == self.all.len() {
            return;
        }
        // Stable, so that of two with the same key the later one comes last.
        self.all
            .sort_by(|one, other| one.compare(other.identity, other.name.as_deref()));
        self.all.dedup_by(|later, kept| {
            let same = kept.compare(later.identity, later.name.as_deref()) == Ordering::Equal;
            if same {
                mem::swap(later, kept);
            }
            same
        });
        self.all.shrink_to_fit();
        self.known = self.all.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(id: WatchId, inode: u64, name: Option<&str>) -> Place {
        let name = name.map(|name| Arc::from(OsStr::new(name)));
        Place::new(id, Token::next(), (1, inode), Depth::Way, name)
    }

    fn ids(places: &[Place]) -> Vec<WatchId> {
        places.iter().map(|place| place.id).collect()
    }

    #[test]
    fn round_removes_the_places_that_it_does_not_visit() {
        let mut places = Places::default();
        places.begin();
        places.put(place(3, 9, None));
        places.put(place(1, 2, Some("b")));
        places.put(place(2, 2, Some("a")));
        assert!(places.finish().is_empty());
        places.begin();
        assert_eq!(
            places
                .find((1, 2), Some(OsStr::new("a")))
                .map(|place| place.id),
            Some(2)
        );
        places.visit((1, 2), Some(OsStr::new("a")));
        places.visit((1, 9), None);
        assert_eq!(ids(&places.finish()), [1]);
        assert_eq!(ids(&places.take()), [2, 3]);
    }

    #[test]
    fn place_that_comes_twice_counts_once_in_its_last_state() {
        let mut places = Places::default();
        places.begin();
        places.put(place(1, 2, Some("a")));
        places.put(place(7, 2, Some("a")));
        assert!(places.finish().is_empty());
        places.begin();
        places.put(place(8, 2, Some("a")));
        assert!(places.finish().is_empty());
        assert_eq!(ids(&places.take()), [8]);
    }

    #[test]
    fn round_that_was_broken_off_keeps_its_places() {
        let mut places = Places::default();
        places.begin();
        places.put(place(1, 2, None));
        places.begin();
        assert!(places.find((1, 2), None).is_some());
        assert_eq!(ids(&places.finish()), [1]);
    }
}
