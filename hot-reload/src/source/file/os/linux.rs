//! Linux: descriptors that name an inode without opening it, so that the watched inode is the one that was found.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, OFlags, fcntl_getfl, fstat, openat, readlinkat};
use rustix::io::Errno;

use super::kinds::NodeKind;

/// The time without a write after which a file counts as finished although its writer keeps it open. A large copy on a busy
/// disk pauses for longer than 50 ms. Usually the event of the close comes first.
pub(crate) const SETTLED_AFTER: Duration = Duration::from_millis(500);

/// Whether the system reports that a writer closes a file.
pub(crate) const CLOSES: bool = true;

/// Whether the system can be asked who writes.
pub(crate) const LEASES: bool = true;

/// Opens for reading. It never waits for a writer at the other end of a pipe. It keeps the access time if this process's
/// user owns the file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = match openat(CWD, path, flags | OFlags::NOATIME, Mode::empty()) {
        Err(Errno::PERM) => openat(CWD, path, flags, Mode::empty()),
        answer => answer,
    };
    Ok(opened?.into())
}

/// Whether reading this file changes nothing on its disk. Then a busy disk does not delay a read from memory.
pub(crate) fn keeps_access_time(file: &File) -> bool {
    fcntl_getfl(file).is_ok_and(|flags| flags.contains(OFlags::NOATIME))
}

/// A path that leads to this very inode while the file is open, whatever happens to its name.
pub(crate) fn path_of(file: &File) -> Option<PathBuf> {
    Some(format!("/proc/self/fd/{}", file.as_raw_fd()).into())
}

/// One inode on the path of a file, held by a descriptor.
#[derive(Debug)]
pub(crate) struct Node {
    fd: OwnedFd,
    path: PathBuf,
    kind: NodeKind,
    identity: (u64, u64),
}

impl Node {
    /// The directory at the start of a path.
    pub(crate) fn root(path: &Path) -> io::Result<Self> {
        let fd = openat(CWD, path, NAME_ONLY, Mode::empty())?;
        Self::new(fd, path.to_owned())
    }

    /// The entry with this name in this directory. Links are not followed.
    pub(crate) fn child(&self, name: &OsStr) -> io::Result<Self> {
        let fd = openat(&self.fd, name, NAME_ONLY, Mode::empty())?;
        Self::new(fd, self.path.join(name))
    }

    /// Whether this process may read the names in this directory, which watching it requires.
    pub(crate) fn readable(&self) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        openat(&self.fd, ".", flags, Mode::empty())?;
        Ok(())
    }

    /// The target of this link.
    pub(crate) fn target(&self) -> io::Result<PathBuf> {
        let target = readlinkat(&self.fd, "", Vec::new())?;
        Ok(OsString::from_vec(target.into_bytes()).into())
    }

    /// The path by which this node was reached, without any link.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A path that leads to this very inode, whatever happens to its name.
    pub(crate) fn handle(&self) -> String {
        format!("/proc/self/fd/{}", self.fd.as_raw_fd())
    }

    pub(crate) fn kind(&self) -> NodeKind {
        self.kind
    }

    /// Device and inode number.
    pub(crate) fn identity(&self) -> (u64, u64) {
        self.identity
    }

    fn new(fd: OwnedFd, path: PathBuf) -> io::Result<Self> {
        let stat = fstat(&fd)?;
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => NodeKind::Directory,
            FileType::Symlink => NodeKind::Link,
            FileType::RegularFile => NodeKind::File,
            _ => NodeKind::Other,
        };
        // The widths of the two fields differ between architectures.
        #[allow(
            clippy::useless_conversion,
            clippy::unnecessary_cast,
            reason = "only here are they already u64"
        )]
        let identity = (stat.st_dev as u64, stat.st_ino as u64);
        Ok(Self {
            fd,
            path,
            kind,
            identity,
        })
    }
}

const NAME_ONLY: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
