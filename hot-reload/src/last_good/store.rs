//! [`Store`]: one file, replaced as a whole and read as a whole.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::disk::{self, Disk};
use super::format::{self, Facts, Parts};
use super::{fault, leftovers};
use crate::error::{Error, Result};

/// Written in one go.
const PIECE: usize = 64 * 1024;

/// With a name out of 2^64 and other writers that remove what is not claimed yet, the first one nearly always does.
const NAMES: usize = 16;

/// Where the file is, and what may stand in it.
#[derive(Debug, Clone)]
pub(super) struct Store {
    pub(super) path: PathBuf,
    pub(super) schema: u32,
    /// Of the file as a whole.
    pub(super) max_size: u64,
}

/// A new file under a name for the time being.
struct Unfinished {
    path: PathBuf,
    file: File,
}

impl Store {
    /// Replaces the file, in a way that outlives the process; [`settle`](Self::settle) is still to be called. Blocks.
    ///
    /// # Errors
    ///
    /// The file is as it was before, and nothing is left beside it.
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
        // Before anything is written: on a disk that is full it may be they that fill it.
        leftovers::remove(disk, folder, name);
        let unfinished = self.create(disk, folder, name)?;
        self.finish(disk, unfinished, &parts)
    }

    /// Returns once the file that was written would outlive a power failure, too. Blocks.
    pub(super) fn settle(&self, disk: &dyn Disk) -> Result<()> {
        let (folder, _) = self.place()?;
        disk.sync_folder(folder)
            .map_err(|error| fault::not_settled(&self.path, error))
    }

    /// The bytes of the file, which are still to be looked at; `None` if there is no file. Blocks.
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
        // A file of ours never grows. Another one that does is not read to its end, which may be far.
        let limit = size.saturating_add(1);
        // Allocates as bytes arrive: a sparse file can claim any size.
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes).map_err(refused)?;
        Ok(Some(bytes))
    }

    /// The folder, and the name in it.
    fn place(&self) -> Result<(&Path, &OsStr)> {
        let name = self.path.file_name();
        let name = name.ok_or_else(|| fault::no_name(&self.path))?;
        let folder = self.path.parent().filter(|folder| *folder != Path::new(""));
        Ok((folder.unwrap_or_else(|| Path::new(".")), name))
    }

    /// Only a file of ours, or one without content, is replaced: a path that was given by mistake shall cost nobody a file.
    fn check_replaceable(&self) -> Result<()> {
        let refused = |error| fault::cannot_save(&self.path, "looking at the file there", error);
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

    /// What is there, to be read.
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

    /// A file in the same folder, so that renaming it is one step, and claimed, so that no other writer removes it.
    fn create(&self, disk: &dyn Disk, folder: &Path, name: &OsStr) -> Result<Unfinished> {
        let refused = |error| fault::cannot_save(&self.path, "creating a file beside it", error);
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
            // Where a file system knows no claims, nobody removes what is left over, either.
            let claimed = disk.claim(&file).unwrap_or(true);
            if claimed && fs::symlink_metadata(&path).is_ok() {
                return Ok(Unfinished { path, file });
            }
        }
        Err(refused(last))
    }

    /// Writes the whole of it before it gets its name; what does not get so far is removed.
    fn finish(&self, disk: &dyn Disk, unfinished: Unfinished, parts: &Parts<'_>) -> Result<()> {
        let Unfinished { path, mut file } = unfinished;
        let mut finish = || {
            let mut pieces = parts.pieces(PIECE);
            pieces
                .try_for_each(|piece| disk.write(&mut file, piece))
                .map_err(|error| ("writing a file beside it", error))?;
            disk.sync(&file)
                .map_err(|error| ("bringing it to the disk", error))?;
            disk.rename(&path, &self.path)
                .map_err(|error| ("putting it into place", error))
        };
        finish().map_err(|(step, error)| {
            let _ = disk.remove(&path);
            fault::cannot_save(&self.path, step, error)
        })
    }
}
