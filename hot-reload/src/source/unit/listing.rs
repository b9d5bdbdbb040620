//! [`Listing`]: the files that belong together, and their paths.

use std::path::{Path, PathBuf};

/// One file of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Member {
    /// Its path in the directory, or its name in the group.
    pub(in crate::source) key: PathBuf,
    /// Its absolute path.
    pub(in crate::source) path: PathBuf,
    pub(in crate::source) presence: Presence,
}

/// What it means if a member does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Presence {
    /// It existed when it was listed, so the listing has become outdated.
    Listed,
    /// An error.
    Required,
    /// There is no part for it.
    Optional,
}

/// All members, in the order of the parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::source) struct Listing {
    /// The paths that are only watched, then the files.
    paths: Vec<PathBuf>,
    ways: usize,
    keys: Vec<PathBuf>,
    presence: Vec<Presence>,
    /// Whether the members are in another order than that of the bytes of their keys.
    is_declared: bool,
}

impl Listing {
    /// Sorts the paths. `ways` are only watched: directories and dangling links.
    pub(in crate::source) fn new(mut ways: Vec<PathBuf>, mut members: Vec<Member>) -> Self {
        ways.sort_unstable();
        members.sort_unstable_by(|one, other| bytes(&one.key).cmp(bytes(&other.key)));
        Self::in_order(ways, members, false)
    }

    /// Keeps the order of the members.
    pub(in crate::source) fn declared(members: Vec<Member>) -> Self {
        Self::in_order(Vec::new(), members, true)
    }

    fn in_order(paths: Vec<PathBuf>, members: Vec<Member>, is_declared: bool) -> Self {
        let mut listing = Self {
            ways: paths.len(),
            paths,
            keys: Vec::with_capacity(members.len()),
            presence: Vec::with_capacity(members.len()),
            is_declared,
        };
        for member in members {
            listing.keys.push(member.key);
            listing.paths.push(member.path);
            listing.presence.push(member.presence);
        }
        listing
    }

    /// All watched paths: those that are only watched, then the files.
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The number of paths that are only watched.
    pub(super) fn ways(&self) -> usize {
        self.ways
    }

    /// The files, each with its key.
    pub(super) fn files(&self) -> impl Iterator<Item = (&Path, &Path)> {
        let paths = self.paths.iter().skip(self.ways);
        let keys = self.keys.iter().map(PathBuf::as_path);
        keys.zip(paths.map(PathBuf::as_path))
    }

    pub(super) fn keys(&self) -> &[PathBuf] {
        &self.keys
    }

    /// What the absence of each file means, in their order.
    pub(super) fn presence(&self) -> &[Presence] {
        &self.presence
    }

    /// Whether the file at this index may be absent.
    pub(super) fn is_optional(&self, index: usize) -> bool {
        self.presence.get(index) == Some(&Presence::Optional)
    }

    /// The index of the file with this key.
    pub(super) fn find(&self, key: &Path) -> Option<usize> {
        if self.is_declared {
            return self.keys.iter().position(|other| other == key);
        }
        self.keys
            .binary_search_by(|other| bytes(other).cmp(bytes(key)))
            .ok()
    }
}

/// The sort key of a path.
pub(super) fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}
