//! [`Tally`]: how often what has happened to a source of files.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counted from when the source was made, over all its watches.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// What the system announced: each name and each inode for itself.
    pub(crate) events: Counter,
    /// Times that announcements were lost, so that anything may have changed.
    pub(crate) overflows: Counter,
    /// Times that the content was read.
    pub(crate) reads: Counter,
    /// Times that what was read did not hold or could not be believed yet, and was read again.
    pub(crate) torn_retries: Counter,
    /// Times that somebody was found to have the file open for writing.
    pub(crate) lease_busy: Counter,
    /// Walks along the path that had something new to watch.
    pub(crate) rearms: Counter,
}

impl Tally {
    /// The content was read, and did not hold if it was `torn`.
    pub(crate) fn read(&self, torn: bool) {
        self.reads.add();
        if torn {
            self.torn_retries.add();
        }
    }

    /// All of them, by the names that operators know.
    pub(crate) fn counters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("events", self.events.get()),
            ("overflows", self.overflows.get()),
            ("reads", self.reads.get()),
            ("torn_retries", self.torn_retries.get()),
            ("lease_busy", self.lease_busy.get()),
            ("rearms", self.rearms.get()),
        ]
    }
}

/// Goes up.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self) {
        // Nothing else is read by it, so its order to other memory does not matter.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
