//! [`Gaps`]: changes of files that no event reports, as degradations with a remedy.
//!
//! None of them is an error: the file is still read, and polling detects the changes that no event reports.

use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::profile;
use crate::error::Error;
use crate::source::file::os::{Node, Tier};
use crate::status::Degradation;

/// The places that one walk along the paths could not watch.
#[derive(Debug, Default, Clone)]
pub(crate) struct Gaps(Vec<Degradation>);

impl Gaps {
    /// The gaps of a walk that only had to watch the file.
    pub(crate) fn of_file(refusal: Option<Error>) -> Self {
        let mut gaps = Self::default();
        gaps.scarce(refusal);
        gaps
    }

    /// Adds that the system had no watch left for the file itself, once for all files.
    pub(crate) fn scarce(&mut self, error: Option<Error>) {
        let Some(error) = error else { return };
        let why = error.source().map(ToString::to_string);
        let why = why.unwrap_or_else(|| error.message().to_owned());
        self.add(Degradation::new(
            FILE_UNWATCHED,
            format!(
                "no watch is left for the file itself ({why}): writes to it under another name are found by polling"
            ),
            "raise fs.inotify.max_user_watches",
        ));
    }

    /// Adds that this directory is not watched, if that is because this process may not read it.
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
            format!("{folder} cannot be watched ({error}): changes in it are found by polling"),
            "grant this process read access to the directory",
        ));
    }

    /// How often to load as long as there are gaps.
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

/// The changes that the file systems of the paths do not report.
pub(crate) fn unannounced(paths: &[PathBuf]) -> Option<Degradation> {
    let (path, kind, tier) = profile::worst(paths)?;
    let (what, every) = match tier {
        Tier::Local => return None,
        Tier::Unknown => ("changes beneath it", profile::FOR_UNKNOWN),
        Tier::Remote => ("changes by other machines", profile::FOR_REMOTE),
    };
    let degradation = Degradation::new(
        UNANNOUNCED,
        format!(
            "{} is on a file system of the kind {kind}: {what} are not announced, and found by polling every {} s \
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

/// Writes to a file under another name are not announced.
const FILE_UNWATCHED: &str = "file_unwatched";
/// Changes in a directory on the path are not announced.
const FOLDER_UNREADABLE: &str = "folder_unreadable";
/// A program keeps the file open for writing.
const NEVER_CLOSED: &str = "never_closed";
/// Changes made elsewhere are not announced.
const UNANNOUNCED: &str = "unannounced";

/// For a person, as fast as an event.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// More would say nothing new.
const MOST: usize = 8;
