//! Maps a file into memory, with the only unsafe call of this example.
#![allow(
    unsafe_code,
    reason = "no function that maps a file can be safe; the call has its proof"
)]

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// Maps the whole file for reading.
///
/// The file must never be written to. It may only be *replaced*, by renaming another file over it. Deployments must follow
/// this rule, because no lock of this program can enforce it against other programs.
pub(crate) fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the bytes of a mapping must not change while they are borrowed. They belong to the inode, not to the name, so
    // they stay as they are after another file was renamed over this one. `hot_reload` has checked that no writer had this
    // file open, and checks again before it publishes the value that the file has not changed. Afterwards, the rule above
    // holds.
    unsafe { Mmap::map(file) }
}
