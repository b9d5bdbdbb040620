//! [`Spec`]: the files that are read as one. [`Found`]: the result of a load of them.

use std::path::Path;

use super::listing::Listing;
use crate::error::Error;
use crate::revision::Revision;
use crate::source::file::read::readiness::Unready;
use crate::source::files::Files;

/// Which files to read, and how.
pub(in crate::source) struct Spec {
    /// The name of the whole in errors.
    pub(in crate::source) name: String,
    pub(in crate::source) roster: Box<dyn Roster>,
    pub(in crate::source) limits: Limits,
    pub(in crate::source) empty_is_content: bool,
}

/// Lists the files that belong together.
pub(in crate::source) trait Roster: Send + Sync + 'static {
    /// Everything to watch before the first listing.
    fn known(&self) -> Listing;

    /// The files as they are now. `None` if there is no place for them. Blocks.
    ///
    /// # Errors
    ///
    /// They cannot be listed, or are too many.
    fn list(&self) -> Result<Option<Listing>, Unlisted>;

    /// The name of the file with this key in errors.
    fn name_of(&self, key: &Path) -> String;

    /// Whether a listed file that does not exist is an error. Otherwise, the listing has become outdated.
    fn is_fixed(&self) -> bool;
}

/// The error if the files cannot be listed, and the paths whose change may fix it.
pub(in crate::source) struct Unlisted {
    pub(in crate::source) error: Error,
    /// The paths to watch until the files can be listed.
    pub(in crate::source) ways: Listing,
}

/// The size limits.
#[derive(Debug, Clone, Copy)]
pub(in crate::source) struct Limits {
    /// In bytes, each file.
    pub(in crate::source) file: u64,
    /// In bytes, all files together.
    pub(in crate::source) total: u64,
}

/// What a fetch found.
pub(in crate::source) enum Found {
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
pub(in crate::source) enum Emptied {
    None,
    /// This file has become blank, given by its name, and possibly others, but not all.
    One(String),
    /// All files are blank. `had_content`: one of them was not.
    All {
        had_content: bool,
    },
}
