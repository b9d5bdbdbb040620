//! [`OpenWatch`]: the open watch of one source, and the result of its last walk.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::activity::Activity;
use super::event::Token;
use super::gaps::{self, Gaps};
use super::hub::membership::Membership;
use super::walk;
use super::writes::{Complete, Seen};
use crate::clock;
use crate::error::Error;
use crate::hints::HintSender;
use crate::locks::lock;
use crate::status::Degradation;

/// An open watch. It ends with its [membership](Self::close), even if a load still holds a clone of it.
#[derive(Clone)]
pub(crate) struct OpenWatch(Arc<Inner>);

struct Inner {
    activity: Arc<Activity>,
    /// `None` once closed. The hub holds the activity.
    membership: Mutex<Option<Membership>>,
    last_walk: Mutex<LastWalk>,
}

#[derive(Default)]
struct LastWalk {
    /// The names and inodes of the files.
    files: Box<[Token]>,
    /// The places that could not be watched.
    gaps: Gaps,
    /// The changes that the system never reports.
    unannounced: Option<Box<Degradation>>,
}

impl OpenWatch {
    pub(crate) fn new(activity: Arc<Activity>, membership: Membership) -> Self {
        Self(Arc::new(Inner {
            activity,
            membership: Mutex::new(Some(membership)),
            last_walk: Mutex::default(),
        }))
    }

    /// Ends the watch when the result is dropped. Drop it with no lock held.
    pub(crate) fn close(&self) -> Option<Membership> {
        lock(&self.0.membership).take()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether no hint can come any more.
    pub(crate) fn is_lost(&self) -> bool {
        let membership = lock(&self.0.membership);
        membership.as_ref().is_none_or(Membership::is_lost)
    }

    /// Walks along the paths, and watches what they lead through now. If that fails, the service learns that the watch is
    /// lost; the files can still be read.
    pub(crate) fn rearm(&self, paths: &[PathBuf]) {
        if let Err(error) = self.walk(paths) {
            self.0.activity.notify_lost(&error);
        }
    }

    /// Walks along the paths, and watches what they lead through now.
    ///
    /// # Errors
    ///
    /// The system has no watch left, or the watcher is gone.
    pub(crate) fn walk(&self, paths: &[PathBuf]) -> Result<(), Error> {
        let Inner {
            activity,
            membership,
            last_walk,
        } = &*self.0;
        let (hub, subscriber) = match &*lock(membership) {
            Some(membership) => (Arc::clone(membership.hub()), membership.subscriber()),
            None => return Ok(()),
        };
        hub.check()?;
        let (epoch, _) = activity.counts();
        if let (Some(track), [path]) = (activity.track(), paths)
            && let Some(inode) = walk::last(&hub, subscriber, path)?
        {
            activity.advance(inode, epoch);
            let gaps = Gaps::of_file(activity.take_refusal());
            let mut last_walk = lock(last_walk);
            last_walk.files = [track.name].into_iter().chain(inode).collect();
            last_walk.gaps = gaps;
            return Ok(());
        }
        let walked = walk::arm(&hub, subscriber, activity, paths)?;
        if walked.fresh {
            activity.forget_complete();
            activity.counters().rearms.add();
            // The file system can only be another one if a directory is another one.
            let unannounced = gaps::unannounced(paths).map(Box::new);
            lock(last_walk).unannounced = unannounced;
        }
        let track = walked.track(paths);
        activity.set_track(track, epoch);
        // The next walk retries the watches that failed.
        let whole = track.filter(|_| walked.gaps.heartbeat().is_none());
        activity.set_walked(whole.map(|_| (epoch, clock::now())));
        let mut last_walk = lock(last_walk);
        last_walk.gaps = walked.gaps;
        last_walk.files = walked.files.into();
        Ok(())
    }

    /// Notes that the source has other paths than those of the last walk.
    #[cfg(feature = "dir")]
    pub(crate) fn forget_walk(&self) {
        let (epoch, _) = self.counts();
        self.0.activity.set_track(None, epoch);
        self.0.activity.set_walked(None);
    }

    /// Whether the walk can be skipped for unchanged files: the whole path is watched and was walked recently, without an
    /// event since.
    pub(crate) fn was_walked(&self) -> bool {
        self.0.activity.was_walked(clock::now())
    }

    /// The state of the files according to the events so far. The arrival of a link or a directory in the path does not make
    /// the file behind it complete.
    pub(crate) fn seen(&self) -> Seen {
        let mut seen = self.0.activity.seen();
        let last_walk = lock(&self.0.last_walk);
        seen.complete = seen
            .complete
            .filter(|complete| last_walk.files.contains(&complete.token));
        seen
    }

    /// The number of events so far, and the number of those that wrote.
    pub(crate) fn counts(&self) -> (u64, u64) {
        self.0.activity.counts()
    }

    /// Notes that a load has handled this event.
    pub(crate) fn use_up(&self, complete: Complete) {
        self.0.activity.use_up(complete);
    }

    /// Notes that the wait for all writers has been long enough. The next byte begins a new wait.
    pub(crate) fn forget_writes(&self) {
        self.0.activity.forget_writes();
    }

    /// Sets whether the last load was held for a writer.
    pub(crate) fn set_awaits_writer(&self, awaits: bool) {
        self.0.activity.set_awaits_writer(awaits);
    }

    /// Waits for this time, or until something has happened after `epoch`. Cancel safe.
    pub(crate) async fn pause(&self, epoch: u64, time: Duration) {
        let _ = tokio::time::timeout(time, self.0.activity.changed(epoch)).await;
    }

    /// Records that anything may have changed, and notifies the service.
    pub(crate) fn notify_anything(&self) {
        self.0.activity.note_anything();
        self.0.activity.notify();
    }

    /// Adds a receiver of hints. The token removes it.
    pub(crate) fn add_hints(&self, hints: HintSender) -> Token {
        self.0.activity.add_hints(hints)
    }

    /// Removes a receiver of hints, and returns whether it was the last one. Drop what is returned with no lock held.
    pub(crate) fn remove_hints(&self, token: Token) -> (Option<HintSender>, bool) {
        self.0.activity.remove_hints(token)
    }

    /// Everything that is not watched or not announced.
    pub(crate) fn degradations(&self) -> Vec<Degradation> {
        let last_walk = lock(&self.0.last_walk);
        let gaps = last_walk.gaps.reasons();
        gaps.chain(last_walk.unannounced.as_deref())
            .cloned()
            .collect()
    }

    /// How often to load because of the gaps.
    pub(crate) fn heartbeat(&self) -> Option<Duration> {
        lock(&self.0.last_walk).gaps.heartbeat()
    }
}

impl fmt::Debug for OpenWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.activity.fmt(f)
    }
}
