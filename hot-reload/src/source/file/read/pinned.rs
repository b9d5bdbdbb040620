//! Files that are mounted by themselves and were replaced or removed outside of the mount.

use std::io;
use std::path::PathBuf;

use super::stamp::Stamp;
use crate::source::file::os;
use crate::status::Degradation;

/// Files without a name that a path still leads to: each was mounted as a single file, and another file has its name outside
/// of the mount.
pub(crate) fn pinned(paths: &[PathBuf], stamps: &[io::Result<Stamp>]) -> Vec<Degradation> {
    let nameless = |stamp: &io::Result<Stamp>| stamp.as_ref().is_ok_and(|stamp| stamp.links == 0);
    let found = paths.iter().zip(stamps);
    let found = found.filter(|(path, stamp)| {
        // Asked again, because the name may have gone between finding the file and asking about it. Some remote file systems
        // count no names at all.
        nameless(stamp) && nameless(&os::stamp_at(path)) && os::is_local(path)
    });
    let degradation = |(path, _): (&PathBuf, _)| {
        Degradation::new(
            PINNED,
            format!(
                "{} is mounted by itself and was replaced or removed outside: this mount still shows the old file",
                path.display()
            ),
            "mount the directory instead of the file; mount the file again for now",
        )
    };
    found.take(MOST).map(degradation).collect()
}

/// The file can no longer be replaced, only written in place.
const PINNED: &str = "pinned";

/// More would say nothing new.
const MOST: usize = 8;
