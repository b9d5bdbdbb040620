//! The one call that the compiler cannot check: mapping a file into memory.
#![allow(
    unsafe_code,
    reason = "no interface that maps a file can be safe; the reason why this use is stands at the call"
)]

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// Maps the whole file for reading.
///
/// The file must only ever be *replaced*, by renaming another one over it, and never be written to: that is a rule for
/// whoever deploys it, and no lock or check of ours could enforce it against other programs.
pub(crate) fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the bytes of a mapping must not change while they are borrowed. They belong to the inode and not to the name,
    // so a file that is renamed over leaves them as they are for as long as the mapping lives. `hot_reload` has found that
    // nobody had this one open for writing, and that nobody has changed it by the time it is published; after that, the
    // rule above holds.
    unsafe { Mmap::map(file) }
}
