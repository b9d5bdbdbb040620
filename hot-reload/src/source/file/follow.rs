//! [`Follow`]: the link between a source and the watch on its files, while there is one.
//!
//! A source is looked at with or without a watch. With one, every look walks along the paths again first, and knows
//! from the events whether somebody is still writing. With or without, the system is asked that too, if it may be.

#[cfg(feature = "dir")]
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::activity::{Activity, Complete, Interest, Seen, Token, lock};
use super::gaps::{self, Gaps};
use super::hub::{FileEvents, Membership};
use super::rest::MAX_SETTLE;
use super::stamp::Stamp;
use super::tally::Tally;
use super::{os, walk};
use crate::error::{Error, ErrorKind};
use crate::source::HintSender;
use crate::status::{Degradation, SourceStatus};

/// What a source and its subscriptions share.
#[derive(Default)]
pub(crate) struct Follow {
    events: FileEvents,
    leases: Leases,
    interest: Option<Arc<Interest>>,
    settle: Duration,
    watch: Mutex<Option<Arc<Watch>>>,
    /// The inodes whose writers were waited for in vain.
    tireless: Mutex<Vec<(u64, u64)>>,
    tally: Arc<Tally>,
    /// The files that the last look found to be mounted by themselves and gone outside.
    pinned: Mutex<Vec<Degradation>>,
}

/// Whether the system is asked who has a file open for writing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leases {
    #[default]
    Ask,
    Never,
}

/// One open watch. The membership goes with the last guard, even if a look still has a hold of the rest.
#[derive(Debug)]
pub(crate) struct Watch {
    activity: Arc<Activity>,
    membership: Mutex<Option<Membership>>,
    /// The files that the last walk has found.
    files: Mutex<Vec<Token>>,
    /// What the last walk could not watch.
    gaps: Mutex<Gaps>,
    /// What is not announced, whatever is watched.
    unannounced: Mutex<Option<Degradation>>,
    tally: Arc<Tally>,
}

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
            ..Self::default()
        }
    }

    /// How long a file must not have been touched before it is read.
    pub(crate) fn settle(&self) -> Duration {
        self.settle
    }

    /// Whether the system may and can be asked who writes.
    pub(crate) fn asks_who_writes(&self) -> bool {
        os::LEASES && self.leases == Leases::Ask
    }

    /// Remembers whether this inode's writer was waited for in vain.
    pub(crate) fn set_tireless(&self, inode: (u64, u64), tireless: bool) {
        let mut known = lock(&self.tireless);
        known.retain(|other| *other != inode);
        if tireless {
            known.truncate(TIRELESS - 1);
            known.insert(0, inode);
        }
    }

    /// Whether this inode's writer was waited for in vain before.
    pub(crate) fn is_tireless(&self, inode: (u64, u64)) -> bool {
        lock(&self.tireless).contains(&inode)
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
        let mut slot = lock(&self.watch);
        let watch = match slot.as_ref().filter(|watch| !watch.is_lost()) {
            Some(watch) => Arc::clone(watch),
            None => {
                let activity = Activity::new(self.interest.clone(), &self.tally);
                let activity = Arc::new(activity);
                let membership = Membership::join(self.events, &activity)?;
                slot.insert(Arc::new(Watch {
                    activity,
                    membership: Mutex::new(Some(membership)),
                    files: Mutex::default(),
                    gaps: Mutex::default(),
                    unannounced: Mutex::default(),
                    tally: Arc::clone(&self.tally),
                }))
                .clone()
            }
        };
        let token = watch.activity.add_hints(hints);
        Ok(Guard {
            follow: Arc::clone(self),
            watch,
            token,
        })
    }

    /// How the source is: what cannot be watched, as long as a watch is open, and what was counted.
    pub(crate) fn status(&self) -> SourceStatus {
        let mut status = SourceStatus {
            counters: self.tally.counters(),
            ..SourceStatus::default()
        };
        if let Some(watch) = self.watch() {
            let gaps = lock(&watch.gaps);
            status.degraded.extend(gaps.reasons().cloned());
            status.heartbeat = gaps.heartbeat();
            status.degraded.extend(lock(&watch.unannounced).clone());
        }
        status.degraded.extend_from_slice(&lock(&self.pinned));
        status
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Takes note of what a look has found at the paths.
    pub(crate) fn found(&self, paths: &[PathBuf], stamps: &[io::Result<Stamp>]) {
        *lock(&self.pinned) = gaps::pinned(paths, stamps);
    }

    /// The watch, if one is open.
    pub(crate) fn watch(&self) -> Option<Arc<Watch>> {
        lock(&self.watch).clone()
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
            self.activity.tell_lost(&error);
        }
    }

    /// What the events have said so far about the files. That a link or a directory on the way has arrived does not
    /// make complete what is behind it.
    pub(crate) fn seen(&self) -> Seen {
        let mut seen = self.activity.seen();
        let files = lock(&self.files);
        seen.complete = seen
            .complete
            .filter(|complete| files.contains(&complete.token));
        seen
    }

    /// The number of events so far, and of those that wrote.
    pub(crate) fn counts(&self) -> (u64, u64) {
        self.activity.counts()
    }

    /// What this event said has been acted upon.
    pub(crate) fn use_up(&self, complete: Complete) {
        self.activity.use_up(complete);
    }

    /// Whoever writes was waited for long enough.
    pub(crate) fn forget_writes(&self) {
        self.activity.forget_writes();
    }

    /// Waits for so long, or until something has happened after `epoch`.
    pub(crate) async fn pause(&self, epoch: u64, time: Duration) {
        let _ = tokio::time::timeout(time, self.activity.changed(epoch)).await;
    }

    fn walk(&self, paths: &[PathBuf]) -> Result<(), Error> {
        let (hub, subscriber) = match &*lock(&self.membership) {
            Some(membership) => (Arc::clone(membership.hub()), membership.subscriber()),
            None => return Ok(()),
        };
        let (epoch, _) = self.activity.counts();
        if let (Some(track), [path]) = (self.activity.track(), paths)
            && let Some(inode) = walk::last(&hub, subscriber, path)?
        {
            self.activity.advance(inode, epoch);
            let mut files = lock(&self.files);
            files.clear();
            files.extend([track.name].into_iter().chain(inode));
            *lock(&self.gaps) = Gaps::of_file(self.activity.take_refusal());
            return Ok(());
        }
        let walked = walk::arm(&hub, subscriber, &self.activity, paths)?;
        if walked.fresh {
            self.activity.forget_complete();
            self.tally.rearms.add();
            // Another file system comes by way of another directory.
            *lock(&self.unannounced) = gaps::unannounced(paths);
        }
        self.activity.set_track(walked.track(paths), epoch);
        *lock(&self.gaps) = walked.gaps;
        *lock(&self.files) = walked.files;
        Ok(())
    }

    fn is_lost(&self) -> bool {
        lock(&self.membership)
            .as_ref()
            .is_none_or(Membership::is_lost)
    }
}

/// Keeps the watch open. Dropping the last one has ended it when it returns.
#[derive(Debug)]
pub(crate) struct Guard {
    follow: Arc<Follow>,
    watch: Arc<Watch>,
    token: Token,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let membership = {
            // Under this lock nobody can add itself to a watch that is about to end.
            let mut slot = lock(&self.follow.watch);
            if !self.watch.activity.remove_hints(self.token) {
                return;
            }
            slot.take_if(|watch| Arc::ptr_eq(watch, &self.watch));
            lock(&self.watch.membership).take()
        };
        drop(membership);
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

/// More than a source has files that are never closed. One that is forgotten is waited for once more.
const TIRELESS: usize = 16;
