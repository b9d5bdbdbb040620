//! [`LogFile`]: a file that is only appended to, and is created again once it was renamed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Location};

pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    /// Whether the last write may have ended within a line.
    is_torn: bool,
}

impl LogFile {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = open(path)
            .map_err(|error| Error::from(error).at(Location::new(path.display().to_string())))?;
        Ok(Self {
            path: path.to_owned(),
            // An earlier process may have crashed within a line.
            is_torn: ends_within_line(path, &file),
            file,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line in one write.
    pub(super) fn append(&mut self, line: &str) -> io::Result<()> {
        let torn = if self.is_torn { "\n" } else { "" };
        let written = self.file.write_all(format!("{torn}{line}\n").as_bytes());
        self.is_torn = written.is_err();
        written
    }

    /// Opens the path again if it does not name this file any more. After an error, the earlier file stays in use.
    #[cfg(unix)]
    pub(super) fn follow_rename(&mut self) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt;

        let own = self.file.metadata()?;
        let is_same = match self.path.symlink_metadata() {
            Ok(named) => (named.dev(), named.ino()) == (own.dev(), own.ino()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if !is_same {
            self.file = open(&self.path)?;
            self.is_torn = ends_within_line(&self.path, &self.file);
        }
        Ok(())
    }

    /// Other systems do not rename an open file.
    #[cfg(not(unix))]
    pub(super) fn follow_rename(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    open_with(OpenOptions::new().append(true).create(true), path)
}

/// Whether this file has content that does not end with a newline. `false` if it cannot be read, or is not a regular file.
fn ends_within_line(path: &Path, file: &File) -> bool {
    let is_empty = file
        .metadata()
        .map_or(true, |facts| !facts.is_file() || facts.len() == 0);
    let last = || {
        let mut reader = open_with(OpenOptions::new().read(true), path)?;
        reader.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        reader.read_exact(&mut last).map(|()| last)
    };
    !is_empty && last().is_ok_and(|last| last != *b"\n")
}

/// Follows no symbolic link, and never waits for the reader of a pipe.
fn open_with(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.cast_signed());
    }
    options.open(path)
}
