//! [`Spec`]: the files that are read as one.

use std::path::Path;

use super::listing::Listing;
use crate::error::Error;
use crate::source::include::base::Base;

/// Which files to read, and how.
pub(in crate::source) struct Spec {
    /// The name of the whole in errors.
    pub(in crate::source) name: String,
    pub(in crate::source) roster: Box<dyn Roster>,
    pub(in crate::source) limits: Limits,
    pub(in crate::source) empty_is_content: bool,
    /// For files that a decoder includes.
    pub(in crate::source) base: Base,
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

    /// Whether the file with this key still belongs to the others. Provided: `true`. If not, its absence is no removal.
    fn wants(&self, key: &Path) -> bool {
        let _ = key;
        true
    }

    /// The name of the file with this key in errors.
    fn name_of(&self, key: &Path) -> String;
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
