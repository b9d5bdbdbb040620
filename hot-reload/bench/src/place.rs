//! [`Place`]: a folder to measure in, and the file system that it is on.

use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::fs::statfs;
use tempfile::TempDir;

/// A new folder, gone when this is dropped.
pub(crate) struct Place {
    folder: TempDir,
    file_system: String,
}

impl Place {
    /// The place of temporary files, and one in memory if that is another file system.
    pub(crate) fn all() -> anyhow::Result<Vec<Self>> {
        let mut places = vec![Self::at(&std::env::temp_dir())?];
        let memory = Path::new("/dev/shm");
        if memory.is_dir() {
            let memory = Self::at(memory)?;
            if memory.file_system == "tmpfs"
                && places.iter().all(|place| place.file_system != "tmpfs")
            {
                places.push(memory);
            }
        }
        Ok(places)
    }

    pub(crate) fn at(parent: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(parent);
        let folder = folder.with_context(|| format!("no folder in {}", parent.display()))?;
        let file_system = match statfs(folder.path())?.f_type {
            0xef53 => "ext4".to_owned(),
            0x0102_1994 => "tmpfs".to_owned(),
            0x5846_5342 => "xfs".to_owned(),
            0x9123_683e => "btrfs".to_owned(),
            0x794c_7630 => "overlay".to_owned(),
            other => format!("{other:#x}"),
        };
        Ok(Self {
            folder,
            file_system,
        })
    }

    pub(crate) fn file_system(&self) -> &str {
        &self.file_system
    }

    /// A folder in it.
    pub(crate) fn folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// This many paths, in a hundred folders.
    pub(crate) fn spread(&self, count: usize) -> anyhow::Result<Vec<PathBuf>> {
        let folders: Vec<_> = (0..FOLDERS.min(count))
            .map(|number| self.folder(&format!("folder-{number:02}")))
            .collect::<Result<_, _>>()?;
        let paths =
            (0..count).map(|file| folders[file % folders.len()].join(format!("file-{file}")));
        Ok(paths.collect())
    }
}

const FOLDERS: usize = 100;
