//! Linux: the current stamp of a file, not one that this machine has cached for a remote file system.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Statx, StatxFlags, StatxTimestamp, makedev, statx};
use rustix::io::Errno;
use rustix::path::Arg;

use super::unix::stamp;
use crate::source::file::read::stamp::{Kind, Stamp};

/// The stamp of what the path leads to, links followed.
pub(crate) fn stamp_at(path: &Path) -> io::Result<Stamp> {
    match ask(CWD, path, AtFlags::empty()) {
        Err(error) if is_missing(error) => Ok(stamp(&fs::metadata(path)?)),
        answer => Ok(answer?),
    }
}

/// The stamp of an open file.
pub(crate) fn stamp_of(file: &File) -> io::Result<Stamp> {
    match ask(file, c"", AtFlags::EMPTY_PATH) {
        Err(error) if is_missing(error) => Ok(stamp(&file.metadata()?)),
        answer => Ok(answer?),
    }
}

/// A remote file system may have cached an old size, at which a read would end. So the call synchronizes with its server, which
/// costs nothing on file systems of this machine.
fn ask(folder: impl AsFd, path: impl Arg, flags: AtFlags) -> Result<Stamp, Errno> {
    let flags = flags | AtFlags::STATX_FORCE_SYNC;
    let found = statx(folder, path, flags, StatxFlags::BASIC_STATS)?;
    Ok(Stamp {
        dev: makedev(found.stx_dev_major, found.stx_dev_minor),
        ino: found.stx_ino,
        size: found.stx_size,
        modified: nanoseconds(found.stx_mtime),
        changed: nanoseconds(found.stx_ctime),
        mode: u32::from(found.stx_mode),
        links: u64::from(found.stx_nlink),
        kind: kind(&found),
    })
}

/// Whether the kernel or a sandbox lacks the call.
fn is_missing(error: Errno) -> bool {
    matches!(error, Errno::NOSYS | Errno::PERM)
}

fn kind(found: &Statx) -> Kind {
    match FileType::from_raw_mode(found.stx_mode.into()) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        _ => Kind::Other,
    }
}

fn nanoseconds(time: StatxTimestamp) -> i128 {
    i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamp_equals_that_of_the_older_call() {
        for path in ["/", "/dev/null", "/proc/self/exe"] {
            let path = Path::new(path);
            let mut found = stamp_at(path).unwrap();
            assert_eq!(found, stamp_of(&File::open(path).unwrap()).unwrap());
            let older = stamp(&fs::metadata(path).unwrap());
            // The times of a device may change meanwhile.
            (found.modified, found.changed) = (older.modified, older.changed);
            assert_eq!(found, older);
        }
        assert!(stamp_at(Path::new("/nowhere")).is_err());
    }
}
