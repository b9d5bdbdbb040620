//! [`Store`]: replaces one file atomically and reads it.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::disk::{self, Disk};
use super::format::{self, Facts, Parts};
use super::{fault, leftovers};
use crate::error::{Error, Result};

/// The most bytes of one write.
const PIECE: usize = 64 * 1024;

/// The most attempts to create a temporary file. A second is rarely needed: only if another writer removes the file before
/// it is locked, or a name of 64 random bits exists.
const NAMES: usize = 16;

/// The path of the file and the limits of its content.
#[derive(Debug, Clone)]
pub(super) struct Store {
    pub(super) path: PathBuf,
    pub(super) schema: u32,
    /// The largest size of the whole file, in bytes.
    pub(super) max_size: u64,
}

/// A new file under a temporary name.
struct Unfinished {
    path: PathBuf,
    file: File,
}

impl Store {
    /// Replaces the file. The new file survives a crash of the process, and a power failure only after
    /// [`settle`](Self::settle). Blocks.
    ///
    /// # Errors
    ///
    /// The file is unchanged, and the temporary file is removed.
    pub(super) fn write(&self, disk: &dyn Disk, facts: &Facts, payload: &[u8]) -> Result<()> {
        let (folder, name) = self.place()?;
        let parts = Parts::new(facts, payload);
        if parts.len() > self.max_size {
            return Err(fault::too_large_to_save(
                &self.path,
                parts.len(),
                self.max_size,
            ));
        }
        self.check_replaceable()?;
        // Removes leftovers first, because they may fill the disk.
        leftovers::remove(disk, folder, name);
        let unfinished = self.create(disk, folder, name)?;
        self.finish(disk, unfinished, &parts)
    }

    /// Returns once the written file survives a power failure. Blocks.
    pub(super) fn settle(&self, disk: &dyn Disk) -> Result<()> {
        let (folder, _) = self.place()?;
        disk.sync_folder(folder)
            .map_err(|error| fault::not_settled(&self.path, error))
    }

    /// Reads the file without parsing it. `None` if there is no file. Blocks.
    pub(super) fn read(&self) -> Result<Option<Vec<u8>>> {
        self.place()?;
        let Some(file) = self.open()? else {
            return Ok(None);
        };
        let refused = |error| fault::cannot_restore(&self.path, error);
        let metadata = file.metadata().map_err(refused)?;
        if !metadata.is_file() {
            return Err(self.not_a_file(&metadata));
        }
        let size = metadata.len();
        if size > self.max_size {
            return Err(fault::too_large_to_restore(&self.path, self.max_size));
        }
        // A saved value never grows while it is read. Another file may, so its reading stops after the known size.
        let limit = size.saturating_add(1);
        // Allocates as bytes arrive: a sparse file can claim any size.
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes).map_err(refused)?;
        Ok(Some(bytes))
    }

    /// The directory and the name of the file.
    fn place(&self) -> Result<(&Path, &OsStr)> {
        let name = self.path.file_name();
        let name = name.ok_or_else(|| fault::no_name(&self.path))?;
        let folder = self.path.parent().filter(|folder| *folder != Path::new(""));
        Ok((folder.unwrap_or_else(|| Path::new(".")), name))
    }

    /// Refuses to replace anything but a saved value or an empty file, because the path may be a mistake.
    fn check_replaceable(&self) -> Result<()> {
        let refused = |error| fault::cannot_save(&self.path, "reading the existing file", error);
        let file = match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(refused(error)),
            Ok(metadata) if !metadata.is_file() => return Err(self.not_a_file(&metadata)),
            Ok(_) => match disk::open(&self.path, false) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                opened => opened.map_err(refused)?,
            },
        };
        let mut beginning = Vec::new();
        let mut file = file.take(format::TELLING);
        file.read_to_end(&mut beginning).map_err(refused)?;
        match format::is_ours(&beginning) {
            true => Ok(()),
            false => Err(fault::would_destroy(&self.path)),
        }
    }

    fn not_a_file(&self, metadata: &Metadata) -> Error {
        fault::not_a_file(&self.path, metadata.is_symlink())
    }

    /// Opens the file for reading. `None` if there is no file.
    fn open(&self) -> Result<Option<File>> {
        let refused = |error| fault::cannot_restore(&self.path, error);
        let opened = match fs::symlink_metadata(&self.path) {
            Ok(metadata) if !metadata.is_file() => return Err(self.not_a_file(&metadata)),
            Ok(_) => disk::open(&self.path, false),
            Err(error) => Err(error),
        };
        match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some).map_err(refused),
        }
    }

    /// Creates a locked temporary file in the same directory, so that a rename is atomic and no other writer removes the file.
    fn create(&self, disk: &dyn Disk, folder: &Path, name: &OsStr) -> Result<Unfinished> {
        let refused = |error| fault::cannot_save(&self.path, "creating a temporary file", error);
        let mut last = io::ErrorKind::AlreadyExists.into();
        for _ in 0..NAMES {
            let path = folder.join(leftovers::new_name(name));
            let file = match disk.create(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    last = error;
                    continue;
                }
                Err(error) => return Err(refused(error)),
            };
            // On a file system without locks, nobody removes leftovers.
            let claimed = disk.claim(&file).unwrap_or(true);
            if claimed && fs::symlink_metadata(&path).is_ok() {
                return Ok(Unfinished { path, file });
            }
        }
        Err(refused(last))
    }

    /// Writes and syncs the temporary file, then renames it. Removes it if a step fails.
    fn finish(&self, disk: &dyn Disk, unfinished: Unfinished, parts: &Parts<'_>) -> Result<()> {
        let Unfinished { path, mut file } = unfinished;
        let mut finish = || {
            let mut pieces = parts.pieces(PIECE);
            pieces
                .try_for_each(|piece| disk.write(&mut file, piece))
                .map_err(|error| ("writing the temporary file", error))?;
            disk.sync(&file)
                .map_err(|error| ("syncing the temporary file", error))?;
            disk.rename(&path, &self.path)
                .map_err(|error| ("renaming the temporary file", error))
        };
        finish().map_err(|(step, error)| {
            let _ = disk.remove(&path);
            fault::cannot_save(&self.path, step, error)
        })
    }
}
