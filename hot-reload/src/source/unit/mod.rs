//! [`Unit`]: several files, read as one.
//!
//! What [`Dir`](super::Dir) and [`Group`](super::Group) have in common, which is nearly all: they differ in how the
//! listing comes about, and in what it means that a file is missing. One look is
//!
//! 1. walk along everything that is known, and watch it;
//! 2. list; if there is more or less than was known, walk again, so that nothing is listed that was not watched before;
//! 3. wait until all files are at rest;
//! 4. read all, list again, and ask for all stamps again: what does not stand as it stood is read again.

mod attempt;
mod listing;
mod memory;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use self::attempt::{Attempt, Step};
pub(super) use self::listing::{Listing, Member};
use self::memory::Memory;
use super::HintSender;
use super::file::read::load::Unready;
use super::file::turns::{Turn, Turns};
use super::file::watch::subscription::{Follow, Guard, blocking};
use super::file::watch::tier;
use super::files::Files;
use crate::error::{Error, Location};
use crate::revision::Revision;
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

/// Several files, read as one.
pub(super) struct Unit {
    spec: Arc<Spec>,
    follow: Arc<Follow>,
    /// Locked for the length of one step, which makes it one at a time even if a step hangs.
    memory: Arc<Turns<Memory>>,
}

/// What is to be read.
pub(super) struct Spec {
    /// What errors call the whole.
    pub(super) name: String,
    pub(super) roster: Box<dyn Roster>,
    pub(super) limits: Limits,
    pub(super) empty_is_content: bool,
}

/// Says which files belong together.
pub(super) trait Roster: Send + Sync + 'static {
    /// All that is to be watched before the first listing.
    fn known(&self) -> Listing;

    /// The files as they are now. `None` if there is not even a place for them. Blocks.
    ///
    /// # Errors
    ///
    /// They cannot be listed, or are too many.
    fn list(&self) -> Result<Option<Listing>, Unlisted>;

    /// What errors call the file with this key.
    fn name_of(&self, key: &Path) -> String;

    /// Whether a listed file that is not there is a gap, in distinction to a listing that was outrun.
    fn is_fixed(&self) -> bool;
}

/// The error if the files cannot be listed, and the paths whose change may fix it.
pub(super) struct Unlisted {
    pub(super) error: Error,
    /// The paths to watch until the files can be listed.
    pub(super) ways: Listing,
}

/// How much is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// In bytes, each file.
    pub(super) file: u64,
    /// In bytes, all together.
    pub(super) total: u64,
}

/// What a fetch found.
pub(super) enum Found {
    /// The state that was seen last.
    Unchanged,
    /// The files, and the name of their state.
    Files {
        files: Files,
        revision: Revision,
        /// Which of them are blank.
        emptied: Emptied,
    },
    /// Nothing.
    Absent,
    /// One of the files is being written.
    Held(Unready),
}

/// Which files are blank or have become so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Emptied {
    None,
    /// This file has become blank, given by its name, and possibly others, but not all.
    One(String),
    /// All files are blank. `had_content`: one of them was not.
    All {
        had_content: bool,
    },
}

impl Unit {
    pub(super) fn new(spec: Spec, follow: Follow) -> Self {
        let spec = Arc::new(spec);
        let anew = {
            let spec = Arc::clone(&spec);
            move || Memory::new(spec.roster.known())
        };
        Self {
            spec,
            follow: Arc::new(follow),
            memory: Arc::new(Turns::new(anew)),
        }
    }

    async fn turn(&self) -> Result<Turn<Memory>, Error> {
        let place = || Location::new(self.name());
        self.memory.take().await.map_err(|error| error.at(place()))
    }

    pub(super) fn name(&self) -> &str {
        &self.spec.name
    }

    /// How far the announcements about the files can be believed. Asks nothing that may hang.
    pub(super) fn profile(&self) -> WatchProfile {
        tier::profile_of_all(self.spec.roster.known().paths())
    }

    /// The files as they are now, unless they still are what was `seen` last. Cancel safe.
    pub(super) async fn fetch(&self, seen: Option<&Revision>) -> Result<Found, Error> {
        let mut attempt = Attempt::new();
        loop {
            let mut memory = self.turn().await?;
            let (spec, follow) = (Arc::clone(&self.spec), Arc::clone(&self.follow));
            let (seen, turns) = (seen.cloned(), Arc::clone(&self.memory));
            let step = move || {
                let step = attempt.step(&spec, &follow, &mut memory, seen.as_ref());
                if !turns.is_last(turns.number(&memory)) {
                    follow.came_late();
                }
                (step, attempt)
            };
            match blocking(step).await? {
                (Step::Done(result), _) => return result,
                (Step::Wait(pause), unfinished) => {
                    attempt = unfinished;
                    pause.wait().await;
                }
            }
        }
    }

    /// How the source is.
    pub(super) fn status(&self) -> SourceStatus {
        self.follow.status()
    }

    /// Opens a watch on all that is known. The look that follows watches the rest.
    pub(super) async fn open(&self, hints: HintSender) -> Result<Guard, Error> {
        // No look at the same time: one of them would give up what the other has armed.
        let memory = self.turn().await?;
        let follow = Arc::clone(&self.follow);
        blocking(move || follow.open(hints, memory.listing.paths())).await?
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unit").field(&self.name()).finish()
    }
}
