//! All systems but Linux: the same items, by path.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use super::kinds::{NodeKind, Writers};
#[cfg(not(unix))]
use super::times::stamp;
#[cfg(unix)]
use super::unix::stamp;
use crate::source::file::read::stamp::Stamp;

/// The time without a write after which a file counts as finished. No event reports the end of writing here, so every write in
/// place waits for this long.
pub(crate) const SETTLED_AFTER: Duration = Duration::from_millis(100);

/// Whether the system reports that a writer closes a file.
pub(crate) const CLOSES: bool = false;

/// Whether the system can be asked who writes.
pub(crate) const LEASES: bool = false;

/// Unknown: these systems cannot say it without disturbing a writer.
pub(crate) fn writers(_: &File) -> Writers {
    Writers::Unknown
}

/// As [`writers`].
pub(crate) fn writers_now(_: &File) -> Writers {
    Writers::Unknown
}

/// The mounts of this process, which are unknown here.
pub(crate) enum MountTable {}

impl MountTable {
    pub(crate) fn read() -> Option<Self> {
        None
    }

    /// The kind of file system where this absolute path is.
    pub(crate) fn kind_of(&self, _: &Path) -> Option<&str> {
        match *self {}
    }
}

/// Whether no path can lead to a file system that does not answer. Unknown here.
pub(crate) fn is_calm() -> bool {
    false
}

/// Whether only this machine changes what the path leads to. Assumed here.
pub(crate) fn is_local(_: &Path) -> bool {
    true
}

/// The stamp of what the path leads to, links followed.
pub(crate) fn stamp_at(path: &Path) -> io::Result<Stamp> {
    Ok(stamp(&fs::metadata(path)?))
}

/// The stamp of an open file.
pub(crate) fn stamp_of(file: &File) -> io::Result<Stamp> {
    Ok(stamp(&file.metadata()?))
}

/// Opens for reading. On systems with named pipes, never waits for a pipe's writer.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(any(
        target_vendor = "apple",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd"
    ))]
    {
        /// The same on all of these systems; not in the standard library.
        const O_NONBLOCK: i32 = 0x4;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, O_NONBLOCK);
    }
    options.open(path)
}

/// A path that leads to this very inode while the file is open. There is none here.
pub(crate) fn path_of(_: &File) -> Option<PathBuf> {
    None
}

/// Whether reading this file changes nothing on its disk. Unknown here.
pub(crate) fn keeps_access_time(_: &File) -> bool {
    false
}

/// One directory entry on the path of a file.
#[derive(Debug)]
pub(crate) struct Node {
    path: PathBuf,
    metadata: Metadata,
}

impl Node {
    /// The directory at the start of a path.
    pub(crate) fn root(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            metadata: fs::symlink_metadata(path)?,
        })
    }

    /// The entry with this name in this directory. Links are not followed.
    pub(crate) fn child(&self, name: &OsStr) -> io::Result<Self> {
        Self::root(&self.path.join(name))
    }

    /// Whether this process may read the names in this directory, which watching it requires.
    pub(crate) fn readable(&self) -> io::Result<()> {
        fs::read_dir(&self.path).map(drop)
    }

    /// The target of this link.
    pub(crate) fn target(&self) -> io::Result<PathBuf> {
        fs::read_link(&self.path)
    }

    /// The path by which this node was reached, without any link.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn kind(&self) -> NodeKind {
        let kind = self.metadata.file_type();
        if kind.is_symlink() {
            NodeKind::Link
        } else if kind.is_dir() {
            NodeKind::Directory
        } else if kind.is_file() {
            NodeKind::File
        } else {
            NodeKind::Other
        }
    }

    /// Device and inode number. On systems without them, the same path means the same directory.
    pub(crate) fn identity(&self) -> (u64, u64) {
        let stamp = stamp(&self.metadata);
        match (stamp.dev, stamp.ino) {
            (0, 0) => (u64::MAX, xxh3_64(self.path.as_os_str().as_encoded_bytes())),
            numbers => numbers,
        }
    }
}
