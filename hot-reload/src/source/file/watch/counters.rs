//! [`Counters`]: how often something has happened to a source of files.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts from when the source was made, over all its watches.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Events that the system announced, each name and each inode separately.
    pub(crate) events: Counter,
    /// Times that events were lost, so that anything may have changed.
    pub(crate) overflows: Counter,
    /// Times that the content was read.
    pub(crate) reads: Counter,
    /// Times that the content was read again because it had changed, or had to be verified.
    pub(crate) torn_retries: Counter,
    /// Times that a program was found to have the file open for writing.
    pub(crate) lease_busy: Counter,
    /// Walks along the path that found something new to watch.
    pub(crate) rearms: Counter,
}

impl Counters {
    /// Counts a read of the content, which is `torn` if it has to be repeated.
    pub(crate) fn read(&self, torn: bool) {
        self.reads.add();
        if torn {
            self.torn_retries.add();
        }
    }

    /// All counters, by their names in the status.
    pub(crate) fn all(&self) -> [(Cow<'static, str>, u64); 6] {
        let counts = [
            ("events", self.events.get()),
            ("overflows", self.overflows.get()),
            ("reads", self.reads.get()),
            ("torn_retries", self.torn_retries.get()),
            ("lease_busy", self.lease_busy.get()),
            ("rearms", self.rearms.get()),
        ];
        counts.map(|(name, count)| (name.into(), count))
    }
}

/// A number that only goes up.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self) {
        // Relaxed: no other memory depends on it.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
