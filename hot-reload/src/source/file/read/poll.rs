//! The system calls of a load: they read the stamps of the files, and ask for their writers.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::stamp::{Kind, Stamp};
use crate::clock;
use crate::source::file::os::{self, Writers};
use crate::source::file::watch::open_watch::OpenWatch;
use crate::source::file::watch::options::Options;
use crate::source::file::watch::writes::Seen;

/// Walks along the paths and takes the stamps. A load without an event skips the walk if the paths were walked recently and
/// still lead to the same files. Then it costs as much as polling.
pub(super) fn observe(
    open: Option<&OpenWatch>,
    paths: &[PathBuf],
    before: &impl Fn(usize) -> Option<Stamp>,
) -> (Option<Seen>, Vec<io::Result<Stamp>>) {
    let take = || {
        // Before the stamps, because any later event may make them outdated.
        let seen = open.map(OpenWatch::seen);
        let stamps: Vec<_> = paths.iter().map(|path| os::stamp_at(path)).collect();
        (seen, stamps)
    };
    if open.is_some_and(OpenWatch::was_walked) {
        let (seen, stamps) = take();
        let mut stamps_with_index = stamps.iter().enumerate();
        if stamps_with_index.all(|(index, stamp)| stamp.as_ref().ok() == before(index).as_ref()) {
            return (seen, stamps);
        }
    }
    if let Some(open) = open {
        open.rearm(paths);
    }
    take()
}

/// Opens the file and asks the kernel whether anybody writes to it. `closed` is whether an event has just said that a writer is
/// done. The kernel still counts this writer for a moment, which is not worth a pause.
pub(super) fn ask_who_writes(
    options: &Options,
    path: &Path,
    stamp: &Stamp,
    closed: bool,
) -> (Option<File>, Writers) {
    // Nothing but a file is opened, because opening a device has side effects.
    if stamp.kind != Kind::File || !options.asks_who_writes() {
        return (None, Writers::Unknown);
    }
    // The reader will report the error.
    let Ok(file) = os::open(path) else {
        return (None, Writers::Unknown);
    };
    let start = clock::now();
    let mut writers = os::writers(&file);
    while closed && writers == Writers::Somebody && clock::now() - start < CLOSING {
        std::thread::yield_now();
        writers = os::writers_now(&file);
    }
    (Some(file), writers)
}

/// The kernel takes some microseconds to close a file, and some file systems begin to store it then.
const CLOSING: Duration = Duration::from_micros(300);
