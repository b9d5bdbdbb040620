//! [`Hub`]: a running backend with the watches of all sources. A forked child does not use the hub of its parent.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::{mem, process};

use super::backend::Backend;
use super::places::Places;
use super::start::start;
use super::table::Table;
use crate::error::{Error, ErrorKind};
use crate::locks::lock;
use crate::source::file::watch::activity::Activity;
use crate::source::file::watch::event::Token;
use crate::source::file::watch::file_events::FileEvents;

/// A watcher, and the index of the waiting sources.
pub(crate) struct Hub {
    pub(super) arming: Mutex<Arming>,
    pub(super) table: Arc<Table>,
    /// Changes under the lock of the process's slot only.
    pub(super) users: AtomicUsize,
    /// The process that started it.
    process: u32,
}

/// The backend, and what each source has armed with it.
pub(super) struct Arming {
    /// `None` once stopped.
    pub(super) backend: Option<Arc<dyn Backend>>,
    pub(super) subscribers: Subscribers,
}

pub(super) type Subscribers = HashMap<Token, Armed>;

/// Everything that one source has armed.
pub(super) struct Armed {
    pub(super) activity: Arc<Activity>,
    pub(super) places: Places,
}

impl Arming {
    /// The backend and the sources, unless the hub has stopped.
    pub(super) fn parts(&mut self) -> Option<(&Arc<dyn Backend>, &mut Subscribers)> {
        Some((self.backend.as_ref()?, &mut self.subscribers))
    }
}

impl Hub {
    pub(super) fn start(events: FileEvents) -> Result<Self, Error> {
        let table = Arc::default();
        Ok(Self::with(start(events, &table)?, table))
    }

    /// A hub of this backend, which reports to this table.
    pub(super) fn with(backend: Arc<dyn Backend>, table: Arc<Table>) -> Self {
        let arming = Arming {
            backend: Some(backend),
            subscribers: HashMap::new(),
        };
        Self {
            arming: Mutex::new(arming),
            table,
            users: AtomicUsize::new(0),
            process: process::id(),
        }
    }

    /// Whether no hint can come from it any more.
    pub(super) fn is_lost(&self) -> bool {
        self.table.has_failed() || self.is_inherited()
    }

    /// Whether it belongs to the process that this one was forked from.
    pub(super) fn is_inherited(&self) -> bool {
        self.process != process::id()
    }

    /// # Errors
    ///
    /// The hub belongs to the parent process.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.is_inherited() {
            let text =
                "the file watcher belongs to the parent process, because this process was forked";
            return Err(Error::new(ErrorKind::Unavailable, text));
        }
        Ok(())
    }

    /// Forgets a hub of the parent process. The parent releases its resources.
    pub(super) fn forget_if_inherited(&self) {
        if self.is_inherited() {
            self.stop();
        }
    }

    pub(super) fn stop(&self) {
        let backend = lock(&self.arming).backend.take();
        match backend {
            // Not even dropped: this process does not have its thread, so it cannot join it.
            Some(backend) if self.is_inherited() => mem::forget(backend),
            Some(backend) => backend.stop(),
            None => {}
        }
    }

    /// As if this process had been forked from the one that started the hub.
    #[cfg(test)]
    pub(super) fn belong_to_the_parent(&mut self) {
        self.process ^= 1;
    }
}
