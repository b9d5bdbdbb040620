//! [`Listing`]: the files that belong together, and their paths.

use std::path::{Path, PathBuf};

/// One file of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Member {
    /// Its path in the directory, or its name in the group.
    pub(in crate::source) key: PathBuf,
    /// Its absolute path.
    pub(in crate::source) path: PathBuf,
}

/// All members, ordered by the bytes of their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::source) struct Listing {
    /// The paths that are only watched, then the files.
    paths: Vec<PathBuf>,
    ways: usize,
    keys: Vec<PathBuf>,
}

impl Listing {
    /// Sorts the paths. `ways` are only watched: directories and dangling links.
    pub(in crate::source) fn new(mut ways: Vec<PathBuf>, mut members: Vec<Member>) -> Self {
        ways.sort_unstable();
        members.sort_unstable_by(|one, other| bytes(&one.key).cmp(bytes(&other.key)));
        let (keys, files): (_, Vec<_>) = members
            .into_iter()
            .map(|member| (member.key, member.path))
            .unzip();
        let count = ways.len();
        ways.extend(files);
        Self {
            paths: ways,
            ways: count,
            keys,
        }
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

    /// The index of the file with this key.
    pub(super) fn find(&self, key: &Path) -> Option<usize> {
        self.keys
            .binary_search_by(|other| bytes(other).cmp(bytes(key)))
            .ok()
    }
}

/// The sort key of a path.
pub(super) fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}
