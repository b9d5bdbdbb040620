//! Test helpers: a file in its own folder, and a disk that fails at one step.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tempfile::TempDir;

use crate::error::Result;
use crate::last_good::disk::{Disk, System};
use crate::last_good::format::{self, Facts};
use crate::last_good::store::Store;
use crate::snapshot::Generation;

/// A path to save to and restore from.
pub(super) struct Place {
    pub(super) store: Store,
    _folder: Option<TempDir>,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            store: store(&folder.path().join("app.last-good")),
            _folder: Some(folder),
        }
    }

    /// A path in a folder that the caller removes.
    pub(super) fn at(path: impl AsRef<Path>) -> Self {
        Self {
            store: store(path.as_ref()),
            _folder: None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.store.path
    }

    pub(super) fn folder(&self) -> &Path {
        self.path().parent().unwrap()
    }

    pub(super) fn save(&self, generation: u64) -> Result<()> {
        self.save_with(&System, generation)
    }

    /// Saves the content that `content` gives for this generation.
    pub(super) fn save_with(&self, disk: &dyn Disk, generation: u64) -> Result<()> {
        self.store
            .write(disk, &facts(generation), &content(generation))?;
        self.store.settle(disk)
    }

    /// The restored generation. Verifies its content.
    pub(super) fn restored(&self) -> Option<u64> {
        let bytes = self.store.read().unwrap()?;
        let (facts, payload) = format::parse(&bytes, 0).unwrap();
        let generation = facts.generation.get();
        assert!(
            payload == content(generation),
            "the content has another generation"
        );
        Some(generation)
    }

    /// The other files in the folder.
    pub(super) fn others(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path != self.path()).collect()
    }
}

fn store(path: &Path) -> Store {
    Store {
        path: path.to_owned(),
        schema: 0,
        max_size: 1 << 20,
    }
}

pub(super) fn facts(generation: u64) -> Facts {
    Facts {
        schema: 0,
        generation: Generation::saved(generation).unwrap(),
        revision: None,
        loaded_at: UNIX_EPOCH,
        saved_at: UNIX_EPOCH,
    }
}

/// More than three pieces, different for each generation.
fn content(generation: u64) -> Vec<u8> {
    let length = 150_000 + generation as usize % 1_000;
    generation
        .to_le_bytes()
        .into_iter()
        .cycle()
        .take(length)
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Create,
    Claim,
    Write,
    Sync,
    Rename,
    SyncFolder,
    Remove,
}

/// A fault at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    /// Returns an error and does nothing.
    Fails,
    /// Returns an error after half of a write.
    FailsHalfway,
    /// Returns an error after doing the work.
    FailsAfterwards,
    /// Does the work, but another writer removes the new file as a leftover.
    IsUndone,
    DiesBefore,
    DiesHalfway,
    DiesAfterwards,
}

impl Mishap {
    pub(super) const FAILURES: [Self; 3] = [Self::Fails, Self::FailsHalfway, Self::FailsAfterwards];
    pub(super) const DEATHS: [Self; 3] =
        [Self::DiesBefore, Self::DiesHalfway, Self::DiesAfterwards];

    /// Only a write can stop halfway.
    pub(super) fn fits(self, step: Step) -> bool {
        !matches!(self, Self::FailsHalfway | Self::DiesHalfway) || step == Step::Write
    }
}

/// The system's disk, with a mishap at the step of this number.
pub(super) struct Unlucky {
    mishap: Option<(usize, Mishap)>,
    steps: RefCell<Vec<Step>>,
}

impl Unlucky {
    pub(super) fn at(number: usize, mishap: Mishap) -> Self {
        Self {
            mishap: Some((number, mishap)),
            steps: RefCell::default(),
        }
    }

    /// A disk without a mishap.
    pub(super) fn lucky() -> Self {
        Self {
            mishap: None,
            steps: RefCell::default(),
        }
    }

    /// The steps of a save, in order.
    pub(super) fn steps_of_a_save() -> Vec<Step> {
        let place = Place::new();
        place.save(1).unwrap();
        let disk = Self::lucky();
        place.save_with(&disk, 2).unwrap();
        disk.steps()
    }

    /// The steps that were called.
    pub(super) fn steps(self) -> Vec<Step> {
        self.steps.into_inner()
    }

    /// Runs a step. `aside` is what a mishap does instead or afterwards: half of a write, or the removal of a new file.
    fn step<T>(
        &self,
        step: Step,
        aside: impl FnOnce(),
        whole: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let mut steps = self.steps.borrow_mut();
        let mishap = self.mishap.filter(|(number, _)| *number == steps.len());
        steps.push(step);
        drop(steps);
        match mishap.map(|(_, mishap)| mishap) {
            None => whole(),
            Some(Mishap::Fails) => Err(io::ErrorKind::StorageFull.into()),
            Some(Mishap::FailsHalfway) => {
                aside();
                Err(io::ErrorKind::StorageFull.into())
            }
            Some(Mishap::FailsAfterwards) => {
                whole()?;
                Err(io::Error::from_raw_os_error(5))
            }
            Some(Mishap::IsUndone) => {
                let done = whole()?;
                aside();
                Ok(done)
            }
            Some(Mishap::DiesBefore) => std::process::abort(),
            Some(Mishap::DiesHalfway) => {
                aside();
                std::process::abort()
            }
            Some(Mishap::DiesAfterwards) => {
                let _ = whole();
                std::process::abort()
            }
        }
    }
}

impl Disk for Unlucky {
    fn create(&self, path: &Path) -> io::Result<File> {
        let undo = || System.remove(path).unwrap();
        self.step(Step::Create, undo, || System.create(path))
    }

    fn claim(&self, file: &File) -> io::Result<bool> {
        self.step(Step::Claim, || (), || System.claim(file))
    }

    fn write(&self, file: &mut File, piece: &[u8]) -> io::Result<()> {
        let mut same = file.try_clone()?;
        let half = || System.write(&mut same, &piece[..piece.len() / 2]).unwrap();
        self.step(Step::Write, half, || System.write(file, piece))
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        self.step(Step::Sync, || (), || System.sync(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(Step::Rename, || (), || System.rename(from, to))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step(Step::SyncFolder, || (), || System.sync_folder(folder))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(Step::Remove, || (), || System.remove(path))
    }
}
