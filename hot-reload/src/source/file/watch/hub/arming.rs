//! Arming: adds a system watch for each directory and file that a walk along a path passes, and removes the watches that the
//! walk no longer needs.
//!
//! The system is called with no lock held, because a directory of a network file system may answer late or never. Meanwhile a
//! watch can end: its directory is gone, or another source releases it. Then the answer names a watch that does not exist any
//! more. So an answer counts only if no watch has ended since the call.

use std::ffi::OsStr;
use std::sync::Arc;

use super::backend::{Backend, Depth, WatchId};
use super::places::{Place, Places};
use super::state::{Armed, Hub};
use super::table::Remains;
use crate::clock;
use crate::error::Error;
use crate::locks::lock;
use crate::source::file::os::Node;
use crate::source::file::watch::activity::Activity;
use crate::source::file::watch::event::{Change, Token};

/// The places that are watched now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arm {
    pub(crate) token: Token,
    /// Whether it was not watched before, so that earlier changes there are unknown.
    pub(crate) fresh: bool,
}

/// The known state, without asking the system.
enum Known {
    Armed(Option<Arm>),
    /// This backend has to be asked.
    Not(Arc<dyn Backend>),
}

impl Hub {
    /// Begins a round of arming: [`finish`](Self::finish) releases what is not armed again until then.
    pub(crate) fn begin(&self, subscriber: Token) {
        if let Some(armed) = lock(&self.arming).subscribers.get_mut(&subscriber) {
            armed.places.begin();
        }
    }

    /// Watches a name in a directory, or without a name this inode. `None` if that cannot be watched.
    ///
    /// # Errors
    ///
    /// The system has no watch left, or the watcher is gone.
    pub(crate) fn arm(
        &self,
        subscriber: Token,
        node: &Node,
        depth: Depth,
        name: Option<&OsStr>,
    ) -> Result<Option<Arm>, Error> {
        let mut endings = self.table.endings();
        let backend = match self.known(subscriber, node, depth, name) {
            Known::Armed(arm) => return Ok(arm),
            Known::Not(backend) => backend,
        };
        // A watch of the system that is not registered yet.
        let mut held = None;
        loop {
            let id = match backend.watch(node, depth) {
                Ok(Some(id)) => id,
                Ok(None) => {
                    self.release_unregistered(&*backend, held);
                    return Ok(None);
                }
                // The directory of a file reports most changes too.
                Err(error) if depth == Depth::Inode => {
                    self.release_unregistered(&*backend, held);
                    if let Some(armed) = lock(&self.arming).subscribers.get(&subscriber) {
                        armed.activity.refuse(error);
                    }
                    return Ok(None);
                }
                Err(error) => {
                    if !self.make_room(&error) {
                        self.release_unregistered(&*backend, held);
                        return Err(error);
                    }
                    endings = self.table.endings();
                    continue;
                }
            };
            held = Some(id);
            let mut arming = lock(&self.arming);
            let Some(armed) = arming.subscribers.get_mut(&subscriber) else {
                drop(arming);
                self.release_unregistered(&*backend, held);
                return Ok(None);
            };
            let token = Token::next();
            let waiter = (token, &armed.activity);
            let kept = match self.table.register(endings, id, name, subscriber, waiter) {
                Ok(kept) => kept,
                Err(now) => {
                    endings = now;
                    continue;
                }
            };
            let place = Place::new(id, token, node.identity(), depth, kept);
            // Another watch than before, whose end was not reported.
            let ended = armed.places.put(place).filter(|before| before.id != id);
            let lost = ended.is_some_and(|ended| self.release(&*backend, &ended, subscriber));
            drop(arming);
            self.report_loss(lost);
            return Ok(Some(Arm { token, fresh: true }));
        }
    }

    /// Watches this inode, and releases any other inode of the subscriber.
    ///
    /// # Errors
    ///
    /// The watcher is gone.
    pub(crate) fn arm_only(&self, subscriber: Token, node: &Node) -> Result<Option<Arm>, Error> {
        let armed = self.arm(subscriber, node, Depth::Inode, None)?;
        self.release_all(subscriber, |places| {
            places.take_inodes(|place| place.identity != node.identity())
        });
        Ok(armed)
    }

    /// Releases what the last round did not arm.
    pub(crate) fn finish(&self, subscriber: Token) {
        self.release_all(subscriber, Places::finish);
    }

    /// A place that is watched already is only marked as still wanted.
    fn known(&self, subscriber: Token, node: &Node, depth: Depth, name: Option<&OsStr>) -> Known {
        let mut arming = lock(&self.arming);
        let Some((backend, subscribers)) = arming.parts() else {
            return Known::Armed(None);
        };
        let Some(armed) = subscribers.get_mut(&subscriber) else {
            // The subscription was dropped during its last walk.
            return Known::Armed(None);
        };
        if let Some(place) = armed.places.find(node.identity(), name)
            && place.depth >= depth
            && self.table.is_live(place.id)
        {
            let token = place.token;
            armed.places.visit(node.identity(), name);
            return Known::Armed(Some(Arm {
                token,
                fresh: false,
            }));
        }
        Known::Not(Arc::clone(backend))
    }

    /// Releases watches of files when the system has no watch left, as many as one walk may need. A file without one is
    /// watched through its directory alone until a later walk finds room. Meanwhile, writes to it by another name are found
    /// by the heartbeat. Returns whether anything was released.
    fn make_room(&self, error: &Error) -> bool {
        let (mut freed, mut lost) = (0, false);
        let mut concerned = Vec::new();
        {
            let mut arming = lock(&self.arming);
            let Some((backend, subscribers)) = arming.parts() else {
                return false;
            };
            for (subscriber, armed) in subscribers {
                let places = armed.places.take_inodes(|_| true);
                if places.is_empty() {
                    continue;
                }
                freed += places.len();
                for place in places {
                    armed.activity.forget_write(place.token);
                    lost |= self.release(&**backend, &place, *subscriber);
                }
                armed.activity.refuse(error.clone());
                concerned.push((*subscriber, Arc::clone(&armed.activity)));
                if freed >= ROOM {
                    break;
                }
            }
        }
        for (subscriber, activity) in concerned {
            if activity.note(subscriber, Change::Touched, clock::now()) {
                activity.notify();
            }
        }
        self.report_loss(lost);
        freed > 0
    }

    pub(super) fn enter(&self, activity: &Arc<Activity>) -> Token {
        let subscriber = Token::next();
        self.table.enter(subscriber, activity);
        let armed = Armed {
            activity: Arc::clone(activity),
            places: Places::default(),
        };
        lock(&self.arming).subscribers.insert(subscriber, armed);
        subscriber
    }

    pub(super) fn leave(&self, subscriber: Token) {
        self.table.leave(subscriber);
        let mut arming = lock(&self.arming);
        let armed = arming.subscribers.remove(&subscriber);
        let (Some(backend), Some(mut armed)) = (&arming.backend, armed) else {
            return;
        };
        let mut lost = false;
        for place in armed.places.take() {
            lost |= self.release(&**backend, &place, subscriber);
        }
        drop(arming);
        self.report_loss(lost);
    }

    /// Releases what `take` takes out of the subscriber's places.
    fn release_all(&self, subscriber: Token, take: impl FnOnce(&mut Places) -> Vec<Place>) {
        let mut lost = false;
        {
            let mut arming = lock(&self.arming);
            let Some((backend, subscribers)) = arming.parts() else {
                return;
            };
            let Some(armed) = subscribers.get_mut(&subscriber) else {
                return;
            };
            for place in take(&mut armed.places) {
                armed.activity.forget_write(place.token);
                lost |= self.release(&**backend, &place, subscriber);
            }
        }
        self.report_loss(lost);
    }

    /// Called under the lock of the arming, so that nothing is armed between the two steps. Returns whether other watches may
    /// have lost events.
    fn release(&self, backend: &dyn Backend, place: &Place, subscriber: Token) -> bool {
        let name = place.name.as_deref();
        match self.table.unregister(place.id, name, subscriber) {
            Remains::Used => false,
            _ if self.is_inherited() => false,
            Remains::Unused => backend.unwatch(place.id),
            Remains::Ended => backend.unwatch_ended(place.id),
        }
    }

    /// Releases a watch that was not registered: its source has left meanwhile, or the next attempt failed.
    fn release_unregistered(&self, backend: &dyn Backend, id: Option<WatchId>) {
        let Some(id) = id else { return };
        let arming = lock(&self.arming);
        let lost = self.table.end_unused(id) && backend.unwatch(id);
        drop(arming);
        self.report_loss(lost);
    }

    /// Called with no lock held.
    fn report_loss(&self, lost: bool) {
        if lost {
            self.table.report_anything();
        }
    }
}

/// More than one walk passes through, and few enough that most sources need not load for it.
const ROOM: usize = 64;
