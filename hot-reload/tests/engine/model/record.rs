//! [`Record`]: the ordered list of everything that happened.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};

use hot_reload::event::Trigger;
use hot_reload::{Generation, Outcome, Snapshot};
use tokio::time::Instant;

use super::schedule::Ask;
use crate::script::Content;

#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// The source holds something else.
    Holds {
        content: Content,
        /// Whether the service must find the change: not if an open watch does not report it.
        promised: bool,
    },
    /// A load began, and found this.
    Loaded(Content),
    /// The watch was lost.
    WatchLost,
    Asked(usize, Asked),
    Answered(usize, Outcome),
    /// `pause` has returned.
    Paused,
    /// The participant refuses from now on, or ceases to.
    Refuses(bool),
    Voted {
        value: String,
        ready: bool,
    },
    Aborted,
    Published(Value),
    StopAsked,
    /// `stop` has returned.
    Stopped,
}

/// The requested rollback, with its generation in the history.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) ask: Ask,
    pub(super) generation: Option<u64>,
}

/// A value that became visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) generation: u64,
    pub(super) origin: Option<u64>,
    pub(super) rolled_back: bool,
}

impl From<&Snapshot<String>> for Value {
    fn from(snapshot: &Snapshot<String>) -> Self {
        Self {
            text: snapshot.value().clone(),
            generation: snapshot.generation().get(),
            origin: snapshot.origin().map(Generation::get),
            rolled_back: snapshot.trigger() == Trigger::Rollback,
        }
    }
}

#[derive(Clone)]
pub(super) struct Record(Arc<Mutex<Book>>);

struct Book {
    begun: Instant,
    entries: Vec<(Instant, Entry)>,
    /// The entries that were not taken yet.
    new: Vec<Entry>,
}

impl Record {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Book {
            begun: Instant::now(),
            entries: Vec::new(),
            new: Vec::new(),
        })))
    }

    pub(super) fn add(&self, entry: Entry) {
        let mut book = self.book();
        book.entries.push((Instant::now(), entry.clone()));
        book.new.push(entry);
    }

    /// The events since the last call.
    pub(super) fn take(&self) -> Vec<Entry> {
        mem::take(&mut self.book().new)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap()
    }
}

/// One entry on a line. Loads that found the same as the one before are left out.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let book = self.book();
        let mut before = None;
        for (at, entry) in &book.entries {
            let loaded = match entry {
                Entry::Loaded(content) => Some(content),
                _ => None,
            };
            if loaded.is_none() || loaded != before {
                writeln!(f, "  {:>10.3?} {entry:?}", *at - book.begun)?;
            }
            before = loaded;
        }
        Ok(())
    }
}
