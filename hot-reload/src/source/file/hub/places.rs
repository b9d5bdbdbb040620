//! [`Places`]: all that one subscriber has armed, found by inode and name.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::mem;
use std::sync::Arc;

use super::{Depth, WatchId};
use crate::source::file::activity::Token;

/// A set of [`Place`]s that is gone through in rounds: what a round does not visit is given up at its end.
#[derive(Default)]
pub(super) struct Places {
    round: u64,
    /// In the order of their keys.
    known: Vec<Place>,
    /// Those of this round, in the order in which they came. A key that comes twice counts as it was last.
    fresh: Vec<Place>,
}

/// One name in a directory, or one inode.
pub(super) struct Place {
    pub(super) id: WatchId,
    pub(super) token: Token,
    pub(super) identity: (u64, u64),
    pub(super) depth: Depth,
    pub(super) name: Option<Arc<OsStr>>,
    round: u64,
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
            round: 0,
        }
    }

    fn compare(&self, identity: (u64, u64), name: Option<&OsStr>) -> Ordering {
        (self.identity, self.name.as_deref()).cmp(&(identity, name))
    }
}

impl Places {
    /// Begins a round. One that was broken off keeps what it had.
    pub(super) fn begin(&mut self) {
        self.absorb();
        self.round += 1;
    }

    /// The place with this key as earlier rounds have left it.
    pub(super) fn find(&self, identity: (u64, u64), name: Option<&OsStr>) -> Option<&Place> {
        self.known.get(self.position(identity, name)?)
    }

    /// This place is still wanted.
    pub(super) fn visit(&mut self, identity: (u64, u64), name: Option<&OsStr>) {
        if let Some(index) = self.position(identity, name)
            && let Some(place) = self.known.get_mut(index)
        {
            place.round = self.round;
        }
    }

    /// Adds a place, or another state of one, which is given back as it was.
    pub(super) fn put(&mut self, mut place: Place) -> Option<Place> {
        place.round = self.round;
        let index = self.position(place.identity, place.name.as_deref());
        match index.and_then(|index| self.known.get_mut(index)) {
            Some(known) => Some(mem::replace(known, place)),
            None => {
                self.fresh.push(place);
                None
            }
        }
    }

    /// Ends a round, and takes out what it did not visit.
    pub(super) fn finish(&mut self) -> Vec<Place> {
        self.absorb();
        let round = self.round;
        self.known
            .extract_if(.., |place| place.round != round)
            .collect()
    }

    /// Takes out those inodes, in distinction to names, of which this is true.
    pub(super) fn take_inodes(&mut self, mut which: impl FnMut(&Place) -> bool) -> Vec<Place> {
        self.absorb();
        self.known
            .extract_if(.., |place| place.depth == Depth::Inode && which(place))
            .collect()
    }

    /// Takes out everything.
    pub(super) fn take(&mut self) -> Vec<Place> {
        self.absorb();
        mem::take(&mut self.known)
    }

    fn position(&self, identity: (u64, u64), name: Option<&OsStr>) -> Option<usize> {
        self.known
            .binary_search_by(|place| place.compare(identity, name))
            .ok()
    }

    fn absorb(&mut self) {
        if self.fresh.is_empty() {
            return;
        }
        self.known.append(&mut self.fresh);
        // Stable, so that of two with the same key the later one comes last.
        self.known
            .sort_by(|one, other| one.compare(other.identity, other.name.as_deref()));
        self.known.dedup_by(|later, kept| {
            let same = kept.compare(later.identity, later.name.as_deref()) == Ordering::Equal;
            if same {
                mem::swap(later, kept);
            }
            same
        });
        self.known.shrink_to_fit();
        self.fresh = Vec::new();
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
    fn what_a_round_does_not_visit_is_given_up() {
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
    fn a_place_that_comes_twice_counts_once_as_it_was_last() {
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
    fn a_round_that_was_broken_off_keeps_what_it_had() {
        let mut places = Places::default();
        places.begin();
        places.put(place(1, 2, None));
        places.begin();
        assert!(places.find((1, 2), None).is_some());
        assert_eq!(ids(&places.finish()), [1]);
    }
}
