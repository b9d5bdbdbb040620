//! [`Hub`]: the one watcher that all file sources of a process share.
//!
//! It starts with the first watch and is gone with the last: dropping that one joins the thread and closes the
//! descriptors. There is one hub for each kind of [`FileEvents`] in use, so normally one.
//!
//! ```text
//! source ─ walk ─▶ Hub::arm ─▶ Backend (asks the system)      the backend's thread
//!                       └────▶ Table  ◀─ changes ─────────────────────┘
//!                                └─▶ Activity of each source that asked for that name ─▶ hint
//! ```
//!
//! *Locks*, in this order: the slot of the process, `arming`, the table, an activity. The backend's thread takes the
//! last two only, and tells nobody while it holds one. So whoever is told may drop its watch at once.
//!
//! *Forks*: a child has the descriptors of its parent's hub and no thread that reads them. It must not touch them, as
//! they are the parent's too, and starts a hub of its own.

mod backend;
#[cfg(target_os = "linux")]
mod inotify;
mod membership;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(any(not(target_os = "linux"), feature = "notify"))]
mod portable;
mod scarcity;
mod table;
mod waiting;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::{mem, process};

use self::backend::{Backend, Started};
pub(super) use self::backend::{Depth, WatchId};
#[cfg(target_os = "linux")]
use self::inotify as native;
pub(super) use self::membership::Membership;
#[cfg(not(target_os = "linux"))]
use self::portable as native;
use self::table::Table;
use super::activity::{Activity, Token, lock};
use super::os::Node;
use crate::error::{Error, ErrorKind};

/// Where the events of files come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FileEvents {
    /// The best that the system has: inotify on Linux, the crate `notify` elsewhere.
    #[default]
    Native,
    /// The crate `notify`, also on Linux. It watches directories only, so changes through another hard link and of
    /// bind-mounted files are found by the heartbeat.
    #[cfg(feature = "notify")]
    Notify,
}

impl FileEvents {
    fn slot(self) -> &'static Slot {
        match self {
            Self::Native => &NATIVE,
            #[cfg(feature = "notify")]
            Self::Notify => &NOTIFY,
        }
    }

    fn start(self, table: &Arc<Table>) -> Result<Box<dyn Backend>, Error> {
        match self {
            Self::Native => native::start(table),
            #[cfg(feature = "notify")]
            Self::Notify => portable::start(table),
        }
    }
}

type Slot = Mutex<Option<Arc<Hub>>>;

static NATIVE: Slot = Mutex::new(None);
#[cfg(feature = "notify")]
static NOTIFY: Slot = Mutex::new(None);

/// A watcher and the index of who waits for what.
pub(super) struct Hub {
    arming: Mutex<Arming>,
    table: Arc<Table>,
    /// Changes under the lock of the process's slot only.
    users: AtomicUsize,
    /// Which started it.
    process: u32,
}

struct Arming {
    /// `None` once stopped.
    backend: Option<Box<dyn Backend>>,
    subscribers: HashMap<Token, Armed>,
}

/// All that one subscriber has armed.
struct Armed {
    activity: Arc<Activity>,
    walk: u64,
    cursor: usize,
    places: Vec<Place>,
}

/// One name in a directory, or one inode.
struct Place {
    id: WatchId,
    token: Token,
    identity: (u64, u64),
    depth: Depth,
    name: Option<Arc<OsStr>>,
    walk: u64,
}

/// What arming led to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arm {
    pub(super) token: Token,
    /// It was not armed before, so nothing is known of what happened there.
    pub(super) fresh: bool,
}

impl Hub {
    fn start(events: FileEvents) -> Result<Self, Error> {
        let table = Arc::new(Table::default());
        let arming = Arming {
            backend: Some(events.start(&table)?),
            subscribers: HashMap::new(),
        };
        Ok(Self {
            arming: Mutex::new(arming),
            table,
            users: AtomicUsize::new(0),
            process: process::id(),
        })
    }

    /// Whether no hint can come from it any more.
    fn is_lost(&self) -> bool {
        self.table.has_failed() || self.is_inherited()
    }

    /// Whether it belongs to the process that this one was forked from.
    fn is_inherited(&self) -> bool {
        self.process != process::id()
    }

    /// A new round of arming: what is not armed again until [`finish`](Self::finish) is given up there.
    pub(super) fn begin(&self, subscriber: Token) {
        if let Some(armed) = lock(&self.arming).subscribers.get_mut(&subscriber) {
            armed.walk += 1;
            armed.cursor = 0;
        }
    }

    /// Watches a name in a directory, or without a name this inode. `None` where that cannot be watched.
    ///
    /// # Errors
    ///
    /// The system has no watch left, or the watcher is gone.
    pub(super) fn arm(
        &self,
        subscriber: Token,
        node: &Node,
        depth: Depth,
        name: Option<&OsStr>,
    ) -> Result<Option<Arm>, Error> {
        let mut arming = lock(&self.arming);
        let Some(armed) = arming.subscribers.get_mut(&subscriber) else {
            // The subscription was dropped while its last walk was under way.
            return Ok(None);
        };
        let known = armed.find(node.identity(), name);
        if let Some(place) = known.and_then(|index| armed.places.get_mut(index))
            && place.depth >= depth
            && self.table.is_live(place.id)
        {
            place.walk = armed.walk;
            return Ok(Some(Arm {
                token: place.token,
                fresh: false,
            }));
        }
        if self.is_inherited() {
            let text = "the watcher of files belongs to the process that this one was forked from";
            return Err(Error::new(ErrorKind::Unavailable, text));
        }
        let started = arming.watch(&self.table, node, depth)?;
        let (Some(started), Some(armed)) = (started, arming.subscribers.get_mut(&subscriber))
        else {
            return Ok(None);
        };
        let id = started.id;
        let token = Token::next();
        let kept = self
            .table
            .register(id, name, subscriber, token, &armed.activity);
        // The table has one entry for a name and a subscriber, which now is the new one.
        armed
            .places
            .retain(|place| (place.id, place.name.as_deref()) != (id, name));
        armed.places.push(Place {
            id,
            token,
            identity: node.identity(),
            depth,
            name: kept,
            walk: armed.walk,
        });
        drop(arming);
        self.tell_of(&started);
        Ok(Some(Arm { token, fresh: true }))
    }

    /// Gives up what the last round did not arm.
    pub(super) fn finish(&self, subscriber: Token) {
        let mut arming = lock(&self.arming);
        let Arming {
            backend,
            subscribers,
        } = &mut *arming;
        let (Some(backend), Some(armed)) = (backend, subscribers.get_mut(&subscriber)) else {
            return;
        };
        let walk = armed.walk;
        for place in armed.places.extract_if(.., |place| place.walk != walk) {
            armed.activity.forget_write(place.token);
            self.give_up(backend.as_mut(), &place, subscriber);
        }
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

    fn enter(&self, activity: &Arc<Activity>) -> Token {
        let subscriber = Token::next();
        self.table.enter(subscriber, activity);
        lock(&self.arming).subscribers.insert(
            subscriber,
            Armed {
                activity: Arc::clone(activity),
                walk: 0,
                cursor: 0,
                places: Vec::new(),
            },
        );
        subscriber
    }

    fn leave(&self, subscriber: Token) {
        self.table.leave(subscriber);
        let mut arming = lock(&self.arming);
        let armed = arming.subscribers.remove(&subscriber);
        let (Some(backend), Some(armed)) = (&mut arming.backend, armed) else {
            return;
        };
        for place in armed.places {
            self.give_up(backend.as_mut(), &place, subscriber);
        }
    }

    fn give_up(&self, backend: &mut dyn Backend, place: &Place, subscriber: Token) {
        let name = place.name.as_deref();
        if self.table.unregister(place.id, name, subscriber) && !self.is_inherited() {
            backend.unwatch(place.id);
        }
    }

    /// A hub of the parent's is given up without a trace: what it holds is the parent's to release.
    fn leave_alone_if_inherited(&self) {
        if self.is_inherited() {
            self.stop();
        }
    }

    fn stop(&self) {
        let backend = lock(&self.arming).backend.take();
        match backend {
            // Not even dropped: its thread is not here to be joined.
            Some(backend) if self.is_inherited() => mem::forget(backend),
            Some(backend) => backend.stop(),
            None => {}
        }
    }
}

impl Armed {
    /// Where this place stands. A walk that finds all as it was finds each place right after the one before.
    fn find(&mut self, identity: (u64, u64), name: Option<&OsStr>) -> Option<usize> {
        let count = self.places.len();
        let found = (self.cursor..self.cursor + count)
            .map(|index| index % count)
            .find(|&index| {
                self.places.get(index).is_some_and(|place| {
                    place.identity == identity && place.name.as_deref() == name
                })
            })?;
        self.cursor = found + 1;
        Some(found)
    }
}

#[cfg(all(test, feature = "file-reloader"))]
mod tests;
