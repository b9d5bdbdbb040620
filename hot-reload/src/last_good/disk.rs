//! [`Disk`]: the disk operations of a save. Tests make each of them fail, or abort the process there.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;

pub(super) trait Disk {
    /// Creates a new file that only this user may access, whatever the umask is.
    fn create(&self, path: &Path) -> io::Result<File>;

    /// Locks this file until it is closed or the process ends, so that no other writer removes it as a leftover.
    /// Returns false if another writer holds the lock.
    fn claim(&self, file: &File) -> io::Result<bool>;

    fn write(&self, file: &mut File, piece: &[u8]) -> io::Result<()>;

    /// Returns once the content survives a power failure.
    fn sync(&self, file: &File) -> io::Result<()>;

    /// Renames a file, and replaces any file of the new name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Returns once the names in a directory survive a power failure.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The disk of this system.
#[derive(Debug, Clone, Copy)]
pub(super) struct System;

impl Disk for System {
    fn create(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, PRIVATE);
        let file = options.open(path)?;
        // The umask may have removed permissions, and the default ACL of the directory may have added some.
        #[cfg(unix)]
        if let Err(error) =
            file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(PRIVATE))
        {
            let _ = fs::remove_file(path);
            return Err(error);
        }
        Ok(file)
    }

    fn claim(&self, file: &File) -> io::Result<bool> {
        match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn write(&self, file: &mut File, piece: &[u8]) -> io::Result<()> {
        file.write_all(piece)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        match open_folder(folder)?.sync_all() {
            // Some file systems report this because they need no sync.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            synced => synced,
        }
    }

    /// Other systems have no such call. There, a rename survives once the file system writes its journal.
    #[cfg(not(unix))]
    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// Read and write for the owner, nothing for others.
#[cfg(unix)]
const PRIVATE: u32 = 0o600;

/// Opens a directory. Fails if the name refers to anything else by now, and never blocks on a pipe.
#[cfg(unix)]
fn open_folder(folder: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::DIRECTORY | OFlags::NONBLOCK).bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.cast_signed());
    }
    options.open(folder)
}

/// Opens an existing file. Follows no symbolic link and never blocks on a pipe, even if one has just replaced the file.
pub(super) fn open(path: &Path, write: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(write);
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.cast_signed());
    }
    options.open(path)
}
