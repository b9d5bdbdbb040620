//! [`Gaps`]: what a source of files does not hear of, in words that say what to do.
//!
//! None of them is an error: the file is read all the same, and what is not announced is found by looking.

use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::tier::{self, Tier};
use crate::error::Error;
use crate::source::file::os::{self, Node};
use crate::source::file::read::stamp::Stamp;
use crate::status::Degradation;

/// What one walk along the paths could not watch.
#[derive(Debug, Default, Clone)]
pub(crate) struct Gaps(Vec<Degradation>);

impl Gaps {
    /// Where the way is known and only the file was to be watched.
    pub(crate) fn of_file(refusal: Option<Error>) -> Self {
        let mut gaps = Self::default();
        gaps.scarce(refusal);
        gaps
    }

    /// The system had no watch left for the file itself, for this reason. Once for all files.
    pub(crate) fn scarce(&mut self, error: Option<Error>) {
        let Some(error) = error else { return };
        let why = error.source().map(ToString::to_string);
        let why = why.unwrap_or_else(|| error.message().to_owned());
        self.add(Degradation::new(
            FILE_UNWATCHED,
            format!(
                "there is no watch left for the file itself ({why}): what is written to it by another name is found \
                 by looking"
            ),
            "raise fs.inotify.max_user_watches",
        ));
    }

    /// This folder is not watched. A gap if that is because it may not be read.
    pub(crate) fn unwatched(&mut self, folder: &Node) {
        let Err(error) = folder.readable() else {
            return;
        };
        if error.kind() != io::ErrorKind::PermissionDenied || self.0.len() >= MOST {
            return;
        }
        let folder = folder.path().display();
        self.add(Degradation::new(
            FOLDER_UNREADABLE,
            format!("{folder} cannot be watched ({error}): what changes in it is found by looking"),
            "grant this process read access to the folder",
        ));
    }

    /// How often to look as long as there are such gaps.
    pub(crate) fn heartbeat(&self) -> Option<Duration> {
        (!self.0.is_empty()).then_some(HEARTBEAT)
    }

    pub(crate) fn reasons(&self) -> impl Iterator<Item = &Degradation> {
        self.0.iter()
    }

    fn add(&mut self, gap: Degradation) {
        if !self.0.contains(&gap) {
            self.0.push(gap);
        }
    }
}

/// The files of which no name is left, although paths lead to them: each was mounted by itself, and its name taken by
/// another file outside of the mount.
pub(crate) fn pinned(paths: &[PathBuf], stamps: &[io::Result<Stamp>]) -> Vec<Degradation> {
    let nameless = |stamp: &io::Result<Stamp>| stamp.as_ref().is_ok_and(|stamp| stamp.links == 0);
    let found = paths.iter().zip(stamps);
    let found = found.filter(|(path, stamp)| {
        // Asked again, since the name may have been taken away between finding the file and asking about it. And there
        // are file systems elsewhere that count no names at all.
        nameless(stamp) && nameless(&Stamp::of(path)) && os::is_local(path)
    });
    let degradation = |(path, _): (&PathBuf, _)| {
        Degradation::new(
            PINNED,
            format!(
                "{} is mounted by itself and was replaced or removed outside: here it stays as it was",
                path.display()
            ),
            "mount the folder, and mount anew for now",
        )
    };
    found.take(MOST).map(degradation).collect()
}

/// A file whose writer has exceeded the longest wait.
pub(crate) fn never_closed(path: &Path, longest: Duration) -> Degradation {
    Degradation::new(
        NEVER_CLOSED,
        format!(
            "{} is not closed by its writer, who was waited for (at most {longest:?}): it is loaded when it has not been \
             written to for a moment, and may be half-written",
            path.display()
        ),
        "replace it by renaming a finished file over it",
    )
}

/// What is not announced because of where the paths are.
pub(crate) fn unannounced(paths: &[PathBuf]) -> Option<Degradation> {
    let (path, kind, tier) = tier::worst(paths)?;
    let (what, every) = match tier {
        Tier::Local => return None,
        Tier::Unknown => ("what changes beneath it", tier::FOR_UNKNOWN),
        Tier::Remote => ("what other machines change", tier::FOR_REMOTE),
    };
    let degradation = Degradation::new(
        UNANNOUNCED,
        format!(
            "{} is on a file system of the kind {kind}: {what} is not announced and found by looking, every {} s \
             unless a heartbeat was set",
            folder(path).display(),
            every.as_secs(),
        ),
        "set a shorter heartbeat if that is too late",
    );
    Some(degradation.inherent())
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// What is written to a file by another name is not announced.
const FILE_UNWATCHED: &str = "file_unwatched";
/// What changes in a folder on the way is not announced.
const FOLDER_UNREADABLE: &str = "folder_unreadable";
/// The file is one that nobody can change any more, but for writing to it in place.
const PINNED: &str = "pinned";
/// Somebody keeps the file open for writing.
const NEVER_CLOSED: &str = "never_closed";
/// What is done elsewhere is not announced.
const UNANNOUNCED: &str = "unannounced";

/// As good as being told, for a person.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Whoever reads so many has understood.
const MOST: usize = 8;
