//! [`Memory`]: what the last loads have found and named.

use std::collections::HashSet;
use std::mem;
use std::path::{Path, PathBuf};

use crate::source::blank::is_blank;
use crate::source::file::read::{ReadOnce, read_once};
use crate::source::file::stamp::{Kind, Stamp};

#[derive(Default)]
pub(super) struct Memory {
    /// What the last good value depends on.
    good: Vec<PathBuf>,
    /// The same, and what the loads that failed since have named.
    pub(super) dependencies: Vec<PathBuf>,
    /// What was accepted last, the file's own first, then the dependencies'.
    pub(super) stamps: Vec<Option<Stamp>>,
    /// The files that were seen to hold more than blank content.
    full: HashSet<PathBuf>,
}

impl Memory {
    /// Takes note of which files hold something, and gives the first that does no longer.
    pub(super) fn fill(&mut self, paths: &[PathBuf], stamps: &[Option<Stamp>]) -> Option<PathBuf> {
        let mut emptied = None;
        for (path, stamp) in paths.iter().zip(stamps) {
            match stamp {
                // Whether a file that is gone is missed is the loader's business.
                None => {}
                Some(stamp) if !is_blank_file(path, stamp) => _ = self.full.insert(path.clone()),
                Some(_) if emptied.is_none() && self.full.contains(path) => {
                    emptied = Some(path.clone());
                }
                Some(_) => {}
            }
        }
        // Only what the value or the error still depends on.
        self.full.retain(|path| paths.contains(path));
        emptied
    }

    /// Takes note of the files that a load has named. False if one of them was not watched while it was read.
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

/// A loader may name a file twice, and in another order each time.
pub(super) fn in_order(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// Whether the file holds no byte, or a few of white space.
fn is_blank_file(path: &Path, stamp: &Stamp) -> bool {
    if stamp.kind != Kind::File || stamp.size > LONGEST_BLANK {
        return false;
    }
    stamp.size == 0
        || matches!(read_once(path, LONGEST_BLANK), Ok(ReadOnce::Whole { bytes, .. }) if is_blank(&bytes))
}

/// More white space than a program or an editor leaves of a file that it empties.
const LONGEST_BLANK: u64 = 64;
