//! [`FileWatch`]: the state of a file source that outlives one load, with the open watch if there is one.
//!
//! A source can be loaded without a watch. With one, a load walks along the paths again, unless only the file itself had
//! events; the events also show whether a writer is active. With or without a watch, a load asks the kernel about writers, if
//! the options allow it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

use super::activity::Activity;
use super::counters::Counters;
use super::event::Token;
use super::gaps;
use super::hub::membership::Membership;
use super::never_closed::NeverClosed;
use super::open_watch::OpenWatch;
use super::options::Options;
use super::writing::Writing;
use crate::error::Error;
use crate::hints::HintSender;
use crate::locks::lock;
use crate::status::{Degradation, SourceStatus};

/// Device and inode number.
type Inode = (u64, u64);

/// The watch of one source. Its subscriptions share it.
#[derive(Default)]
pub(crate) struct FileWatch {
    options: Arc<Options>,
    counters: Arc<Counters>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<OpenWatch>,
    rare: Option<Box<Rare>>,
}

/// The parts that most sources never need.
#[derive(Default)]
struct Rare {
    /// The inodes whose writers exceeded the longest wait.
    never_closed: NeverClosed,
    /// The unfinished write, if there is one, and the inodes that it writes to.
    writing: Option<Writing>,
    written: Vec<Inode>,
    /// The files that are mounted by themselves and were replaced outside, by the last load.
    pinned: Vec<Degradation>,
}

impl FileWatch {
    /// A watch with these options, which is not open yet.
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options: Arc::new(options),
            ..Self::default()
        }
    }

    /// The same options but for one, and nothing open yet.
    pub(crate) fn with(&self, change: impl FnOnce(Options) -> Options) -> Self {
        Self::new(change(Options::clone(&self.options)))
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The open watch.
    pub(crate) fn open_watch(&self) -> Option<OpenWatch> {
        lock(&self.state).open.clone()
    }

    /// Opens the watch or joins the one that is open, and walks along the paths. Blocks.
    ///
    /// # Errors
    ///
    /// The system has no watcher or no watch left.
    pub(crate) fn open(
        self: &Arc<Self>,
        hints: HintSender,
        paths: &[PathBuf],
    ) -> Result<Guard, Error> {
        let guard = self.join(hints)?;
        guard.open.walk(paths)?;
        Ok(guard)
    }

    fn join(self: &Arc<Self>, hints: HintSender) -> Result<Guard, Error> {
        let slot = &mut lock(&self.state).open;
        let open = match slot.as_ref().filter(|open| !open.is_lost()) {
            Some(open) => open.clone(),
            None => {
                let options = Arc::clone(&self.options);
                let activity = Arc::new(Activity::new(options, Arc::clone(&self.counters)));
                let membership = Membership::join(self.options.events(), &activity)?;
                slot.insert(OpenWatch::new(activity, membership)).clone()
            }
        };
        let token = open.add_hints(hints);
        Ok(Guard {
            watch: Arc::clone(self),
            open,
            token,
        })
    }

    /// Notes that a given-up step has ended. It may have changed the watched paths, so they are checked again.
    pub(crate) fn came_late(&self) {
        if let Some(open) = self.open_watch() {
            open.notify_anything();
        }
    }

    /// Notes that somebody writes to these inodes, with the last event "written". Returns since when, and how long the source
    /// has waited. A write to other inodes than before begins a new wait.
    pub(crate) fn writing(
        &self,
        now: Instant,
        wall: SystemTime,
        last_write: Option<Instant>,
        inodes: &[Inode],
    ) -> Writing {
        let mut state = lock(&self.state);
        let rare = state.rare.get_or_insert_default();
        let goes_on = inodes.iter().any(|inode| rare.written.contains(inode));
        rare.written = inodes.to_vec();
        let writing = match rare.writing.take().filter(|_| goes_on) {
            Some(mut writing) => {
                writing.goes_on(now, last_write);
                writing
            }
            None => Writing::new(now, wall, last_write),
        };
        rare.writing.insert(writing).clone()
    }

    /// Notes that nobody writes any more, or that the longest wait is over.
    pub(crate) fn forget_writing(&self) {
        let mut state = lock(&self.state);
        if let Some(open) = &state.open {
            open.set_awaits_writer(false);
        }
        if let Some(rare) = &mut state.rare {
            rare.writing = None;
            rare.written = Vec::new();
        }
    }

    /// Notes that a load was held for a writer. Until it is over, loads repeat without an event for each write.
    pub(crate) fn await_writer(&self) {
        if let Some(open) = self.open_watch() {
            open.set_awaits_writer(true);
        }
    }

    /// Remembers that the writer of this path's inode has exceeded the longest wait.
    pub(crate) fn add_never_closed(&self, inode: Inode, path: &Path) {
        let why = gaps::never_closed(path, self.options.max_writer_wait());
        let mut state = lock(&self.state);
        let rare = state.rare.get_or_insert_default();
        rare.never_closed.add(inode, why);
    }

    /// Notes that nobody writes to this inode any more.
    pub(crate) fn remove_never_closed(&self, inode: Inode) {
        if let Some(rare) = &mut lock(&self.state).rare {
            rare.never_closed.remove(inode);
        }
    }

    /// Notes that a program that could write has closed a file. It may be a writer that exceeded the longest wait.
    pub(crate) fn recheck_never_closed(&self) {
        if let Some(rare) = &mut lock(&self.state).rare {
            rare.never_closed.recheck();
        }
    }

    /// Whether this inode's writer has exceeded the longest wait before.
    pub(crate) fn is_never_closed(&self, inode: Inode) -> bool {
        let state = lock(&self.state);
        let rare = state.rare.as_ref();
        rare.is_some_and(|rare| rare.never_closed.contains(inode))
    }

    /// Notes what a load has found at the paths: which inodes have a name, and which files are pinned.
    pub(crate) fn found(&self, has_name: impl Fn(Inode) -> bool, pinned: Vec<Degradation>) {
        let mut state = lock(&self.state);
        if let Some(rare) = &mut state.rare {
            rare.never_closed.keep(has_name);
        }
        if !pinned.is_empty() || state.rare.is_some() {
            state.rare.get_or_insert_default().pinned = pinned;
        }
    }

    /// The status of the watch: the places that it cannot watch, the files with other rules of reading, and the counters.
    pub(crate) fn status(&self) -> SourceStatus {
        let mut status = SourceStatus {
            counters: self.counters.all().into(),
            ..SourceStatus::default()
        };
        if let Some(open) = self.open_watch() {
            status.degraded = open.degradations();
            status.heartbeat = open.heartbeat();
        }
        if let Some(rare) = &lock(&self.state).rare {
            status.degraded.extend_from_slice(&rare.pinned);
            status.degraded.extend(rare.never_closed.reasons().cloned());
        }
        status
    }
}

impl fmt::Debug for FileWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileWatch")
            .field("events", &self.options.events())
            .field("open", &self.open_watch())
            .finish_non_exhaustive()
    }
}

/// Keeps the watch open. Dropping the last guard ends the watch before it returns.
#[derive(Debug)]
pub(crate) struct Guard {
    watch: Arc<FileWatch>,
    open: OpenWatch,
    token: Token,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let (hints, membership) = {
            // While this lock is held, no source can join a watch that is about to end.
            let slot = &mut lock(&self.watch.state).open;
            let (hints, last) = self.open.remove_hints(self.token);
            let membership = if last {
                slot.take_if(|open| open.is(&self.open));
                self.open.close()
            } else {
                None
            };
            (hints, membership)
        };
        drop(membership);
        drop(hints);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::super::writing::{Evidence, MAX_WRITER_WAIT, Patience, WITHIN};
    use super::*;
    use crate::clock;

    const INODE: Inode = (1, 1);
    const OTHER: Inode = (1, 2);

    #[test]
    fn p05_write_to_another_file_begins_a_new_wait() {
        let (watch, start) = (FileWatch::default(), clock::now());
        let patience = |second, inodes: &[_]| {
            let now = start + Duration::from_secs(second);
            let writing = watch.writing(now, UNIX_EPOCH, None, inodes);
            writing.patience(Evidence::Open, MAX_WRITER_WAIT)
        };
        for second in 0..60 {
            assert_ne!(patience(second, &[INODE]), Patience::Over);
        }
        assert_eq!(patience(60, &[INODE, OTHER]), Patience::Over);
        assert_eq!(patience(61, &[OTHER]), Patience::Over, "it goes on");
        assert_eq!(patience(62, &[INODE]), Patience::Within(WITHIN));
    }
}
