//! [`Memory`]: the dependencies and file stamps of the last loads.

use std::collections::HashSet;
use std::mem;
use std::path::{Path, PathBuf};

use crate::source::blank::is_blank;
use crate::source::file::read::bytes::{ReadOnce, read_once};
use crate::source::file::read::stamp::{Kind, Stamp};

#[derive(Default)]
pub(super) struct Memory {
    /// The dependencies of the last good value.
    good: Vec<PathBuf>,
    /// The same, and the files that failed loads have named since.
    pub(super) dependencies: Vec<PathBuf>,
    /// The stamps at the last accepted load: the file's own first, then those of the dependencies.
    pub(super) stamps: Vec<Option<Stamp>>,
    /// The files that have held more than blank content.
    full: HashSet<PathBuf>,
}

/// A blank file.
pub(super) struct Blank {
    pub(super) path: PathBuf,
    /// Whether it has held more.
    pub(super) had_content: bool,
}

impl Memory {
    /// Notes which files hold content, and returns the first one that has become blank. If there is none, returns the
    /// file's own path if that file is blank.
    pub(super) fn fill(&mut self, paths: &[PathBuf], stamps: &[Option<Stamp>]) -> Option<Blank> {
        let (mut emptied, mut is_own_blank) = (None, false);
        for (path, stamp) in paths.iter().zip(stamps) {
            match stamp {
                // The loader decides whether an absent file is an error.
                None => {}
                Some(stamp) if !is_blank_file(path, stamp) => _ = self.full.insert(path.clone()),
                Some(_) if emptied.is_none() && self.full.contains(path) => {
                    emptied = Some(path.clone());
                }
                Some(_) => is_own_blank |= paths.first() == Some(path),
            }
        }
        // Forgets files that neither the value nor the error depends on any more.
        self.full.retain(|path| paths.contains(path));
        let own = || paths.first().filter(|_| is_own_blank).cloned();
        let blank = |had_content| move |path| Blank { path, had_content };
        emptied.map(blank(true)).or_else(|| own().map(blank(false)))
    }

    /// Notes the files that a load has named. Returns false if the set changed: a new file was not watched while it was read.
    pub(super) fn name(&mut self, named: Vec<PathBuf>, is_good: bool) -> bool {
        let before = mem::take(&mut self.dependencies);
        if is_good {
            self.good = named;
            self.dependencies.clone_from(&self.good);
        } else {
            let all = self.good.iter().cloned().chain(named);
            self.dependencies = in_order(all.collect());
        }
        self.dependencies == before
    }
}

/// Sorts and deduplicates: a loader may name a file twice, and in another order each time.
pub(super) fn in_order(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// Whether the file is empty or holds only a little white space.
fn is_blank_file(path: &Path, stamp: &Stamp) -> bool {
    if stamp.kind != Kind::File || stamp.size > LONGEST_BLANK {
        return false;
    }
    stamp.size == 0
        || matches!(read_once(path, LONGEST_BLANK), Ok(ReadOnce::Whole { bytes, .. }) if is_blank(&bytes))
}

/// In bytes: more white space than a program or an editor leaves in a file that it empties.
const LONGEST_BLANK: u64 = 64;
