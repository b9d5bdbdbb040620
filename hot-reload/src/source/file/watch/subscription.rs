//! [`Follow`]: the link between a source and the watch on its files, while there is one.
//!
//! A source is looked at with or without a watch. With one, every look first walks along the paths again, unless only the
//! file itself has had events, and knows from the events whether somebody is still writing. With or without, the system is
//! asked that too, if it may be.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use super::activity::{Activity, Token};
use super::counters::Tally;
use super::gaps::{self, Gaps};
use super::hub::{FileEvents, Membership};
use super::never_closed::Tireless;
use super::walk;
use super::writes::{Complete, Seen};
use super::writing::{self, Writing};
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::locks::lock;
use crate::source::HintSender;
use crate::source::file::os;
use crate::source::file::read::settle::MAX_SETTLE;
use crate::source::file::read::stamp::Stamp;
use crate::status::{Degradation, SourceStatus};

/// Which names in a watched directory matter. It is asked on the watcher's thread, so it only compares.
type Interest = dyn Fn(&OsStr) -> bool + Send + Sync;

/// What a source and its subscriptions share.
#[derive(Default)]
pub(crate) struct Follow {
    events: FileEvents,
    leases: Leases,
    /// `None`: all.
    interest: Option<Arc<Interest>>,
    settle: Duration,
    /// The longest wait for a writer. `None`: the default.
    writers: Option<Duration>,
    tally: Tally,
    /// Whether the last load was held for a writer. Then events about further writes are not urgent.
    waits: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    watch: Option<Watch>,
    oddities: Option<Box<Oddities>>,
}

/// What most sources have nothing of.
#[derive(Default)]
struct Oddities {
    /// The inodes whose writers exceeded the longest wait.
    tireless: Tireless,
    /// The unfinished write, if there is one, and the inodes that it writes to.
    writing: Option<Writing>,
    written: Vec<(u64, u64)>,
    /// The files that the last look found to be mounted by themselves and gone outside.
    pinned: Vec<Degradation>,
}

/// Whether the system is asked who has a file open for writing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leases {
    #[default]
    Ask,
    Never,
}

/// One open watch. The membership goes with the last guard, even if a look still has a hold of the rest.
#[derive(Debug, Clone)]
pub(crate) struct Watch(Arc<Activity>);

impl Follow {
    /// The same settings but for this one, and nothing open yet.
    pub(crate) fn with_events(&self, events: FileEvents) -> Self {
        Self {
            events,
            ..self.anew()
        }
    }

    /// The same settings but for this one, and nothing open yet.
    pub(crate) fn with_leases(&self, leases: Leases) -> Self {
        Self {
            leases,
            ..self.anew()
        }
    }

    /// The same settings but for this one, and nothing open yet.
    pub(crate) fn with_settle(&self, settle: Duration) -> Self {
        Self {
            settle: settle.min(MAX_SETTLE),
            ..self.anew()
        }
    }

    /// The same settings with this longest wait for a writer, and no open watch.
    pub(crate) fn with_writers(&self, longest: Duration) -> Self {
        Self {
            writers: Some(longest),
            ..self.anew()
        }
    }

    /// The same settings, but of the names in a directory that is watched as a whole only these matter.
    #[cfg(feature = "dir")]
    pub(crate) fn with_interest(
        &self,
        interest: impl Fn(&OsStr) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            interest: Some(Arc::new(interest)),
            ..self.anew()
        }
    }

    fn anew(&self) -> Self {
        Self {
            events: self.events,
            leases: self.leases,
            interest: self.interest.clone(),
            settle: self.settle,
            writers: self.writers,
            ..Self::default()
        }
    }

    /// How long a file must not have been touched before it is read.
    pub(crate) fn settle(&self) -> Duration {
        self.settle
    }

    /// The longest wait for a writer.
    pub(crate) fn longest_write(&self) -> Duration {
        self.writers.unwrap_or(writing::LONGEST)
    }

    /// Notes that somebody writes to these inodes, with the last event "written". Returns since when, and how long the source
    /// has waited. A write to other inodes than before begins a new wait.
    pub(crate) fn writing(
        &self,
        now: Instant,
        wall: SystemTime,
        last_write: Option<Instant>,
        inodes: &[(u64, u64)],
    ) -> Writing {
        let mut state = lock(&self.state);
        let odd = state.oddities.get_or_insert_default();
        let goes_on = inodes.iter().any(|inode| odd.written.contains(inode));
        odd.written = inodes.to_vec();
        let writing = match odd.writing.take().filter(|_| goes_on) {
            Some(mut writing) => {
                writing.goes_on(now, last_write);
                writing
            }
            None => Writing::new(now, wall, last_write),
        };
        odd.writing.insert(writing).clone()
    }

    /// Notes that nobody writes any more, or that the longest wait is over.
    pub(crate) fn forget_writing(&self) {
        self.set_waits(false);
        if let Some(odd) = &mut lock(&self.state).oddities {
            odd.writing = None;
            odd.written = Vec::new();
        }
    }

    /// Sets whether the last load was held for a writer. While it is, loads repeat without an event for each write.
    pub(crate) fn set_waits(&self, waits: bool) {
        // Relaxed: the next load makes up for an event too many or too few.
        self.waits.store(waits, Ordering::Relaxed);
    }

    pub(crate) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// Whether the system may and can be asked who writes.
    pub(crate) fn asks_who_writes(&self) -> bool {
        os::LEASES && self.leases == Leases::Ask
    }

    /// Remembers that the writer of this path's inode has exceeded the longest wait.
    pub(crate) fn set_tireless(&self, inode: (u64, u64), path: &Path) {
        let why = gaps::never_closed(path, self.longest_write());
        let mut state = lock(&self.state);
        let odd = state.oddities.get_or_insert_default();
        odd.tireless.add(inode, why);
    }

    /// Notes that nobody writes to this inode any more.
    pub(crate) fn unset_tireless(&self, inode: (u64, u64)) {
        if let Some(odd) = &mut lock(&self.state).oddities {
            odd.tireless.remove(inode);
        }
    }

    /// Notes that somebody who could write has closed a file. It may be a writer that exceeded the longest wait.
    pub(crate) fn doubt_tireless(&self) {
        if let Some(odd) = &mut lock(&self.state).oddities {
            odd.tireless.doubt();
        }
    }

    /// Whether this inode's writer has exceeded the longest wait before.
    pub(crate) fn is_tireless(&self, inode: (u64, u64)) -> bool {
        let state = lock(&self.state);
        let odd = state.oddities.as_ref();
        odd.is_some_and(|odd| odd.tireless.contains(inode))
    }

    /// Opens the watch, or adds to the one that is open, and walks along the paths. Blocks.
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
        guard.watch.walk(paths)?;
        Ok(guard)
    }

    fn join(self: &Arc<Self>, hints: HintSender) -> Result<Guard, Error> {
        let slot = &mut lock(&self.state).watch;
        let watch = match slot.as_ref().filter(|watch| !watch.is_lost()) {
            Some(watch) => watch.clone(),
            None => {
                let activity = Arc::new(Activity::new(self));
                let membership = Membership::join(self.events, &activity)?;
                activity.hold().membership = Some(membership);
                slot.insert(Watch(activity)).clone()
            }
        };
        let token = watch.0.add_hints(hints);
        Ok(Guard { watch, token })
    }

    /// How the source is: what cannot be watched, as long as a watch is open, and what was counted.
    pub(crate) fn status(&self) -> SourceStatus {
        let mut status = SourceStatus {
            counters: self.tally.counters(),
            ..SourceStatus::default()
        };
        if let Some(watch) = self.watch() {
            let hold = watch.0.hold();
            status.degraded.extend(hold.gaps.reasons().cloned());
            status.heartbeat = hold.gaps.heartbeat();
            let unannounced = hold.unannounced.as_deref();
            status.degraded.extend(unannounced.cloned());
        }
        if let Some(odd) = &lock(&self.state).oddities {
            status.degraded.extend_from_slice(&odd.pinned);
            status.degraded.extend(odd.tireless.reasons().cloned());
        }
        status
    }

    /// Whether a change of this name in a directory that is watched as a whole matters.
    pub(crate) fn wants(&self, name: &OsStr) -> bool {
        self.interest.as_ref().is_none_or(|interest| interest(name))
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Takes note of what a look has found at the paths.
    pub(crate) fn found(&self, paths: &[PathBuf], stamps: &[io::Result<Stamp>]) {
        let pinned = gaps::pinned(paths, stamps);
        let mut state = lock(&self.state);
        if let Some(odd) = &mut state.oddities {
            // Another file has the name by now.
            let is_there = |inode| stamps.iter().flatten().any(|stamp| stamp.inode() == inode);
            odd.tireless.keep(is_there);
        }
        if !pinned.is_empty() || state.oddities.is_some() {
            state.oddities.get_or_insert_default().pinned = pinned;
        }
    }

    /// Notes that a given-up step has ended: it may have changed the watched paths, so they are checked again.
    pub(crate) fn came_late(&self) {
        if let Some(watch) = self.watch() {
            watch.0.note_anything();
            watch.0.tell();
        }
    }

    /// The watch, if one is open.
    pub(crate) fn watch(&self) -> Option<Watch> {
        lock(&self.state).watch.clone()
    }
}

impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follow")
            .field("events", &self.events)
            .field("leases", &self.leases)
            .field("watch", &self.watch())
            .finish_non_exhaustive()
    }
}

impl Watch {
    /// Walks along the paths and watches what they lead through now. If that cannot be, the service is told that the
    /// watch is lost; the files can be read all the same.
    pub(crate) fn rearm(&self, paths: &[PathBuf]) {
        if let Err(error) = self.walk(paths) {
            self.0.tell_lost(&error);
        }
    }

    /// Whether the walk can be skipped if the files are unchanged: the whole path is watched and was walked recently, and no
    /// event has arrived since.
    pub(crate) fn was_walked(&self) -> bool {
        self.0.was_walked(clock::now())
    }

    /// What the events have said so far about the files. That a link or a directory on the way has arrived does not
    /// make complete what is behind it.
    pub(crate) fn seen(&self) -> Seen {
        let mut seen = self.0.seen();
        let hold = self.0.hold();
        seen.complete = seen
            .complete
            .filter(|complete| hold.files.contains(&complete.token));
        seen
    }

    /// The number of events so far, and of those that wrote.
    pub(crate) fn counts(&self) -> (u64, u64) {
        self.0.counts()
    }

    /// What this event said has been acted upon.
    pub(crate) fn use_up(&self, complete: Complete) {
        self.0.use_up(complete);
    }

    /// Whoever writes was waited for long enough.
    pub(crate) fn forget_writes(&self) {
        self.0.forget_writes();
    }

    /// Waits for so long, or until something has happened after `epoch`.
    pub(crate) async fn pause(&self, epoch: u64, time: Duration) {
        let _ = tokio::time::timeout(time, self.0.changed(epoch)).await;
    }

    fn walk(&self, paths: &[PathBuf]) -> Result<(), Error> {
        let (hub, subscriber) = match &self.0.hold().membership {
            Some(membership) => (Arc::clone(membership.hub()), membership.subscriber()),
            None => return Ok(()),
        };
        hub.check()?;
        let (epoch, _) = self.0.counts();
        if let (Some(track), [path]) = (self.0.track(), paths)
            && let Some(inode) = walk::last(&hub, subscriber, path)?
        {
            self.0.advance(inode, epoch);
            let gaps = Gaps::of_file(self.0.take_refusal());
            let mut hold = self.0.hold();
            hold.files = [track.name].into_iter().chain(inode).collect();
            hold.gaps = gaps;
            return Ok(());
        }
        let walked = walk::arm(&hub, subscriber, &self.0, paths)?;
        if walked.fresh {
            self.0.forget_complete();
            self.0.follow().tally().rearms.add();
            // Another file system comes by way of another directory.
            let unannounced = gaps::unannounced(paths).map(Box::new);
            self.0.hold().unannounced = unannounced;
        }
        let track = walked.track(paths);
        self.0.set_track(track, epoch);
        // The next walk retries the watches that failed.
        let whole = track.filter(|_| walked.gaps.heartbeat().is_none());
        self.0.set_walked(whole.map(|_| (epoch, clock::now())));
        let mut hold = self.0.hold();
        hold.gaps = walked.gaps;
        hold.files = walked.files.into();
        Ok(())
    }

    fn is_lost(&self) -> bool {
        let hold = self.0.hold();
        hold.membership.as_ref().is_none_or(Membership::is_lost)
    }
}

/// Keeps the watch open. Dropping the last one has ended it when it returns.
#[derive(Debug)]
pub(crate) struct Guard {
    watch: Watch,
    token: Token,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let (gone, membership) = {
            // Under this lock nobody can add itself to a watch that is about to end.
            let slot = &mut lock(&self.watch.0.follow().state).watch;
            let (gone, last) = self.watch.0.remove_hints(self.token);
            let membership = if last {
                slot.take_if(|watch| Arc::ptr_eq(&watch.0, &self.watch.0));
                self.watch.0.hold().membership.take()
            } else {
                None
            };
            (gone, membership)
        };
        drop(membership);
        drop(gone);
    }
}

/// Runs what may block outside the runtime's own threads.
///
/// # Errors
///
/// It panicked, or the runtime is about to end.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let task = tokio::task::spawn_blocking(work).await;
    task.map_err(|error| {
        Error::new(ErrorKind::Unavailable, "reading the file was broken off").with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::super::writing::{Evidence, Patience};
    use super::*;

    const INODE: (u64, u64) = (1, 1);
    const OTHER: (u64, u64) = (1, 2);

    #[test]
    fn p05_another_file_that_is_being_written_is_waited_for_anew() {
        let (follow, start) = (Follow::default(), clock::now());
        let patience = |second, inodes: &[_]| {
            let now = start + Duration::from_secs(second);
            let writing = follow.writing(now, UNIX_EPOCH, None, inodes);
            writing.patience(Evidence::Open, writing::LONGEST)
        };
        for second in 0..60 {
            assert_ne!(patience(second, &[INODE]), Patience::Over);
        }
        assert_eq!(patience(60, &[INODE, OTHER]), Patience::Over);
        assert_eq!(patience(61, &[OTHER]), Patience::Over, "it goes on");
        assert_eq!(patience(62, &[INODE]), Patience::Within(writing::WITHIN));
    }
}
