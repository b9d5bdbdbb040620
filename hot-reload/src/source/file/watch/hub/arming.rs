//! Arming: watching what a walk passes through, and giving up what it no longer does.
//!
//! The system is asked with no lock held: a directory of a network file system may answer late or never, and that must
//! not concern anybody else. Meanwhile a watch can end, by itself or because somebody else gives it up, and the answer
//! then names a watch that is gone. So the endings are counted, and an answer counts only if none has come in between.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::sync::Arc;

use super::backend::{Backend, Depth};
use super::places::{Place, Places};
use super::table::Remains;
use super::{Hub, WatchId};
use crate::clock;
use crate::error::Error;
use crate::locks::lock;
use crate::source::file::os::Node;
use crate::source::file::watch::activity::{Activity, Change, Token};

/// What is armed, and by whom.
pub(super) struct Arming {
    /// `None` once stopped.
    pub(super) backend: Option<Arc<dyn Backend>>,
    pub(super) subscribers: Subscribers,
}

type Subscribers = HashMap<Token, Armed>;

impl Arming {
    /// Both, unless it has been stopped.
    fn parts(&mut self) -> Option<(&Arc<dyn Backend>, &mut Subscribers)> {
        Some((self.backend.as_ref()?, &mut self.subscribers))
    }
}

/// All that one subscriber has armed.
pub(super) struct Armed {
    pub(super) activity: Arc<Activity>,
    pub(super) places: Places,
}

/// What arming led to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arm {
    pub(crate) token: Token,
    /// It was not armed before, so nothing is known of what happened there.
    pub(crate) fresh: bool,
}

/// What is known before the system is asked.
enum Known {
    Armed(Option<Arm>),
    /// Here it has to be asked.
    Not(Arc<dyn Backend>),
}

impl Hub {
    /// A new round of arming: what is not armed again until [`finish`](Self::finish) is given up there.
    pub(crate) fn begin(&self, subscriber: Token) {
        if let Some(armed) = lock(&self.arming).subscribers.get_mut(&subscriber) {
            armed.places.begin();
        }
    }

    /// Watches a name in a directory, or without a name this inode. `None` where that cannot be watched.
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
        // A watch that was asked for and is not registered yet.
        let mut held = None;
        loop {
            let id = match backend.watch(node, depth) {
                Ok(Some(id)) => id,
                Ok(None) => {
                    self.take_back(&*backend, held);
                    return Ok(None);
                }
                // The folder of a file tells of most changes too.
                Err(error) if depth == Depth::Inode => {
                    self.take_back(&*backend, held);
                    if let Some(armed) = lock(&self.arming).subscribers.get(&subscriber) {
                        armed.activity.refuse(error);
                    }
                    return Ok(None);
                }
                Err(error) => {
                    if !self.make_room(&error) {
                        self.take_back(&*backend, held);
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
                self.take_back(&*backend, held);
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
            // Another watch than before, whose end nobody has told of.
            let ended = armed.places.put(place).filter(|before| before.id != id);
            let lost = ended.is_some_and(|ended| self.give_up(&*backend, &ended, subscriber));
            drop(arming);
            self.tell_of_loss(lost);
            return Ok(Some(Arm { token, fresh: true }));
        }
    }

    /// Watches this inode, and gives up whatever other inode the subscriber had.
    ///
    /// # Errors
    ///
    /// The watcher is gone.
    pub(crate) fn arm_only(&self, subscriber: Token, node: &Node) -> Result<Option<Arm>, Error> {
        let armed = self.arm(subscriber, node, Depth::Inode, None)?;
        self.give_up_all(subscriber, |places| {
            places.take_inodes(|place| place.identity != node.identity())
        });
        Ok(armed)
    }

    /// Gives up what the last round did not arm.
    pub(crate) fn finish(&self, subscriber: Token) {
        self.give_up_all(subscriber, Places::finish);
    }

    /// What is armed already need only be kept.
    fn known(&self, subscriber: Token, node: &Node, depth: Depth, name: Option<&OsStr>) -> Known {
        let mut arming = lock(&self.arming);
        let Some((backend, subscribers)) = arming.parts() else {
            return Known::Armed(None);
        };
        let Some(armed) = subscribers.get_mut(&subscriber) else {
            // The subscription was dropped while its last walk was under way.
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

    /// When the system has no watch left: those of files go first, as many as one walk may need. A file that has none is
    /// watched through its folder alone until a later walk finds room; what is written to it by another name is found by
    /// looking meanwhile. True if there was something to give up.
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
                    lost |= self.give_up(&**backend, &place, *subscriber);
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
                activity.tell();
            }
        }
        self.tell_of_loss(lost);
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
            lost |= self.give_up(&**backend, &place, subscriber);
        }
        drop(arming);
        self.tell_of_loss(lost);
    }

    /// Gives up what is taken out of the subscriber's places.
    fn give_up_all(&self, subscriber: Token, take: impl FnOnce(&mut Places) -> Vec<Place>) {
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
                lost |= self.give_up(&**backend, &place, subscriber);
            }
        }
        self.tell_of_loss(lost);
    }

    /// Under the lock of the arming, so that nobody arms between the two steps. True if others may have lost events.
    fn give_up(&self, backend: &dyn Backend, place: &Place, subscriber: Token) -> bool {
        let name = place.name.as_deref();
        match self.table.unregister(place.id, name, subscriber) {
            Remains::Used => false,
            _ if self.is_inherited() => false,
            Remains::Unused => backend.unwatch(place.id),
            Remains::Ended => backend.unwatch_ended(place.id),
        }
    }

    /// The system was asked for nothing: whoever wanted it has left since, or it cannot be had any more.
    fn take_back(&self, backend: &dyn Backend, id: Option<WatchId>) {
        let Some(id) = id else { return };
        let arming = lock(&self.arming);
        let lost = self.table.end_unused(id) && backend.unwatch(id);
        drop(arming);
        self.tell_of_loss(lost);
    }

    /// With no lock held.
    fn tell_of_loss(&self, lost: bool) {
        if lost {
            self.table.report_anything();
        }
    }
}

/// More than one walk passes through, and few enough that not everybody has to look for it.
const ROOM: usize = 64;
