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

mod arming;
mod backend;
#[cfg(target_os = "linux")]
mod inotify;
#[cfg(target_os = "linux")]
mod later;
mod membership;
#[cfg(target_os = "linux")]
mod mounts;
mod places;
#[cfg(any(not(target_os = "linux"), feature = "notify"))]
mod portable;
mod table;
mod waiting;

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::{mem, process};

use self::arming::Arming;
use self::backend::Backend;
pub(crate) use self::backend::{Depth, WatchId};
#[cfg(target_os = "linux")]
use self::inotify as native;
pub(crate) use self::membership::Membership;
#[cfg(not(target_os = "linux"))]
use self::portable as native;
use self::table::Table;
use crate::error::{Error, ErrorKind};
use crate::locks::lock;

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

    fn start(self, table: &Arc<Table>) -> Result<Arc<dyn Backend>, Error> {
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
pub(crate) struct Hub {
    arming: Mutex<Arming>,
    table: Arc<Table>,
    /// Changes under the lock of the process's slot only.
    users: AtomicUsize,
    /// Which started it.
    process: u32,
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

    /// # Errors
    ///
    /// It is the parent's.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.is_inherited() {
            let text = "the watcher of files belongs to the process that this one was forked from";
            return Err(Error::new(ErrorKind::Unavailable, text));
        }
        Ok(())
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

#[cfg(test)]
mod arming_tests;
#[cfg(all(test, feature = "file-reloader"))]
mod tests;
