//! Arming: watching what a walk passes through, and giving up what it no longer does.
//!
//! The system is asked with no lock held: a directory of a network file system may answer late or never, and that must
//! not concern anybody else. Meanwhile a watch can end, by itself or because somebody else gives it up, and the answer
//! then names a watch that is gone. So the endings are counted, and an answer counts only if none has come in between.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::sync::Arc;

use super::backend::{Backend, Depth, Started};
use super::places::{Place, Places};
use super::table::Table;
use super::{Hub, WatchId};
use crate::error::{Error, ErrorKind};
use crate::source::file::activity::{Activity, Token, lock};
use crate::source::file::os::Node;

/// What is armed, and by whom.
pub(super) struct Arming {
    /// `None` once stopped.
    pub(super) backend: Option<Arc<dyn Backend>>,
    pub(super) subscribers: HashMap<Token, Armed>,
}

/// All that one subscriber has armed.
pub(super) struct Armed {
    pub(super) activity: Arc<Activity>,
    pub(super) places: Places,
}

/// What arming led to.
#[derive(Debug, Clone, Copy)]
pub(in crate::source::file) struct Arm {
    pub(in crate::source::file) token: Token,
    /// It was not armed before, so nothing is known of what happened there.
    pub(in crate::source::file) fresh: bool,
}

/// What to do before the system is asked.
enum Before {
    Done(Option<Arm>),
    Ask(Arc<dyn Backend>),
}

impl Hub {
    /// A new round of arming: what is not armed again until [`finish`](Self::finish) is given up there.
    pub(in crate::source::file) fn begin(&self, subscriber: Token) {
        if let Some(armed) = lock(&self.arming).subscribers.get_mut(&subscriber) {
            armed.places.begin();
        }
    }

    /// Watches a name in a directory, or without a name this inode. `None` where that cannot be watched.
    ///
    /// # Errors
    ///
    /// The system has no watch left, or the watcher is gone.
    pub(in crate::source::file) fn arm(
        &self,
        subscriber: Token,
        node: &Node,
        depth: Depth,
        name: Option<&OsStr>,
    ) -> Result<Option<Arm>, Error> {
        let mut endings = self.table.endings();
        let backend = match self.before(subscriber, node, depth, name)? {
            Before::Done(arm) => return Ok(arm),
            Before::Ask(backend) => backend,
        };
        loop {
            let started = match backend.watch(node, depth) {
                Ok(Some(started)) => started,
                Ok(None) => return Ok(None),
                // The folder of a file tells of most changes too.
                Err(error) if depth == Depth::Inode => {
                    if let Some(armed) = lock(&self.arming).subscribers.get(&subscriber) {
                        armed.activity.refuse(error);
                    }
                    return Ok(None);
                }
                Err(error) => {
                    let mut arming = lock(&self.arming);
                    if !arming.give_up_inodes(&self.table) {
                        return Err(error);
                    }
                    endings = self.table.endings();
                    continue;
                }
            };
            let mut arming = lock(&self.arming);
            let Some(armed) = arming.subscribers.get_mut(&subscriber) else {
                self.take_back(&*backend, started.id);
                return Ok(None);
            };
            let token = Token::next();
            let waiter = (token, &armed.activity);
            let kept = match self
                .table
                .register(endings, started.id, name, subscriber, waiter)
            {
                Ok(kept) => kept,
                Err(now) => {
                    endings = now;
                    continue;
                }
            };
            let place = Place::new(started.id, token, node.identity(), depth, kept);
            // Another watch than before, whose end nobody has told of.
            let ended = armed
                .places
                .put(place)
                .filter(|before| before.id != started.id);
            if let Some(ended) = ended {
                self.give_up(&*backend, &ended, subscriber);
            }
            drop(arming);
            self.tell_of(&started);
            return Ok(Some(Arm { token, fresh: true }));
        }
    }

    /// Watches this inode, and gives up whatever other inode the subscriber had.
    ///
    /// # Errors
    ///
    /// The watcher is gone.
    pub(in crate::source::file) fn arm_only(
        &self,
        subscriber: Token,
        node: &Node,
    ) -> Result<Option<Arm>, Error> {
        let armed = self.arm(subscriber, node, Depth::Inode, None)?;
        let mut arming = lock(&self.arming);
        arming.give_up(self, subscriber, |places| {
            places.take_inodes(|place| place.identity != node.identity())
        });
        Ok(armed)
    }

    /// Gives up what the last round did not arm.
    pub(in crate::source::file) fn finish(&self, subscriber: Token) {
        let mut arming = lock(&self.arming);
        arming.give_up(self, subscriber, Places::finish);
    }

    /// What is armed already need only be kept.
    fn before(
        &self,
        subscriber: Token,
        node: &Node,
        depth: Depth,
        name: Option<&OsStr>,
    ) -> Result<Before, Error> {
        let mut arming = lock(&self.arming);
        let Arming {
            backend: Some(backend),
            subscribers,
        } = &mut *arming
        else {
            return Ok(Before::Done(None));
        };
        let Some(armed) = subscribers.get_mut(&subscriber) else {
            // The subscription was dropped while its last walk was under way.
            return Ok(Before::Done(None));
        };
        if let Some(place) = armed.places.find(node.identity(), name)
            && place.depth >= depth
            && self.table.is_live(place.id)
        {
            let token = place.token;
            armed.places.visit(node.identity(), name);
            return Ok(Before::Done(Some(Arm {
                token,
                fresh: false,
            })));
        }
        if self.is_inherited() {
            let text = "the watcher of files belongs to the process that this one was forked from";
            return Err(Error::new(ErrorKind::Unavailable, text));
        }
        Ok(Before::Ask(Arc::clone(backend)))
    }

    /// Tells those whom a new watch has cost theirs, or their events.
    fn tell_of(&self, started: &Started) {
        if let Some(ended) = started.ended {
            let mut told = Vec::new();
            let mut report = self.table.report(&mut told);
            report.died(ended);
            report.tell();
        }
        if started.lost_events {
            self.table.report_anything();
        }
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
        for place in armed.places.take() {
            self.give_up(&**backend, &place, subscriber);
        }
    }

    /// Under the lock of the arming, so that nobody arms between the two steps.
    fn give_up(&self, backend: &dyn Backend, place: &Place, subscriber: Token) {
        let name = place.name.as_deref();
        if self.table.unregister(place.id, name, subscriber) && !self.is_inherited() {
            backend.unwatch(place.id);
        }
    }

    /// The system was asked on behalf of somebody who has left since.
    fn take_back(&self, backend: &dyn Backend, id: WatchId) {
        if self.table.end_unused(id) {
            backend.unwatch(id);
        }
    }
}

impl Arming {
    /// Gives up what is taken out of the subscriber's places.
    fn give_up(
        &mut self,
        hub: &Hub,
        subscriber: Token,
        take: impl FnOnce(&mut Places) -> Vec<Place>,
    ) {
        let (Some(backend), Some(armed)) = (&self.backend, self.subscribers.get_mut(&subscriber))
        else {
            return;
        };
        for place in take(&mut armed.places) {
            armed.activity.forget_write(place.token);
            hub.give_up(&**backend, &place, subscriber);
        }
    }

    /// When the system has no watch left: those of files go first. A file that has none is watched through its folder
    /// alone until a later walk finds room; what is written to it by another name is found by the heartbeat meanwhile.
    ///
    /// True if there was something to give up.
    fn give_up_inodes(&mut self, table: &Table) -> bool {
        let Some(backend) = &self.backend else {
            return false;
        };
        let mut freed = false;
        for (subscriber, armed) in &mut self.subscribers {
            for place in armed.places.take_inodes(|_| true) {
                armed.activity.forget_write(place.token);
                if table.unregister(place.id, place.name.as_deref(), *subscriber) {
                    backend.unwatch(place.id);
                    freed = true;
                }
            }
        }
        freed
    }
}
