//! [`Reader`]: a handle with a memory, for the loop of a worker.

use std::fmt;

use super::Live;
use crate::snapshot::Snapshot;

/// The newest value, read again and again by one worker: from [`Live::reader`].
///
/// As long as nothing was published, a read is one comparison. A reader keeps the value that it read last alive; one
/// that will not read for a while should be dropped.
pub struct Reader<V> {
    live: Live<V>,
    last: Snapshot<V>,
}

impl<V> Reader<V> {
    #[track_caller]
    pub(super) fn new(live: Live<V>) -> Self {
        let last = live.get();
        Self { live, last }
    }

    /// The newest value.
    pub fn load(&mut self) -> &V {
        self.refresh().value()
    }

    /// The newest value as an owned snapshot.
    pub fn get(&mut self) -> Snapshot<V> {
        self.refresh().clone()
    }

    fn refresh(&mut self) -> &Snapshot<V> {
        if self.live.cell.generation() != self.last.generation().get()
            && let Some(newest) = self.live.try_get()
        {
            self.last = newest;
        }
        &self.last
    }
}

impl<V> Clone for Reader<V> {
    fn clone(&self) -> Self {
        Self {
            live: self.live.clone(),
            last: self.last.clone(),
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for Reader<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reader").field(&self.last).finish()
    }
}
