//! [`Disk`]: the few operations with which a file is saved, so that tests can let each of them fail, or the process die
//! there.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;

pub(super) trait Disk {
    /// Makes a file that was not there, which nobody but this user may read, whatever the umask is.
    fn create(&self, path: &Path) -> io::Result<File>;

    /// Keeps other writers from removing this file as a leftover, until it is closed or the process ends. False if one of
    /// them has it.
    fn claim(&self, file: &File) -> io::Result<bool>;

    fn write(&self, file: &mut File, piece: &[u8]) -> io::Result<()>;

    /// Returns once the content would outlive a power failure.
    fn sync(&self, file: &File) -> io::Result<()>;

    /// Gives a file a name in place of whatever had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Returns once the names in a folder would outlive a power failure.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The disks of this system.
#[derive(Debug, Clone, Copy)]
pub(super) struct System;

impl Disk for System {
    fn create(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, PRIVATE);
        let file = options.open(path)?;
        // The umask can have taken bits away, and the default rights of the folder can have added some.
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
            // So say file systems that have nothing to do here.
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

    /// Other systems have no such call: there, a rename is on the disk when their journal is.
    #[cfg(not(unix))]
    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// Reading and writing for the owner, nothing for others.
#[cfg(unix)]
const PRIVATE: u32 = 0o600;

/// Opens a folder, and nothing else that has taken its name since. Never waits for the other end of a pipe.
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

/// Opens a file that is there. Neither follows a link nor waits for the other end of a pipe that has taken its place since
/// it was looked at.
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
