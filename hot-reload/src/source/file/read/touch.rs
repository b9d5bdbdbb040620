//! The revision of files whose modification times count as changes.

use xxhash_rust::xxh3::Xxh3Default;

use super::stamp::Stamp;
use crate::revision::Revision;
use crate::source::file::watch::options::Options;

/// Adds the modification times of these files to their revision, if they count as changes.
pub(crate) fn touched(options: &Options, revision: Revision, stamps: &[Stamp]) -> Revision {
    if !options.republishes_on_touch() {
        return revision;
    }
    let mut hash = Xxh3Default::new();
    for stamp in stamps {
        hash.update(&stamp.modified.to_be_bytes());
    }
    revision.touched(hash.digest128())
}
