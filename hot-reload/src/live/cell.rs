//! [`Cell`]: the one place that holds the visible value.
//!
//! A value and everything about it is one node behind one pointer, so no reader can see a value with another's
//! generation. This is the safe form of the cell: a lock that is held for the copy of a pointer. Everything that a
//! faster one needs is in this file.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::snapshot::Snapshot;

#[derive(Debug)]
pub(super) struct Cell<V> {
    current: RwLock<Option<Snapshot<V>>>,
    /// The generation of `current`; written after it, so whoever sees the number also finds the value.
    generation: AtomicU64,
}

impl<V> Cell<V> {
    pub(super) fn new() -> Self {
        Self {
            current: RwLock::new(None),
            generation: AtomicU64::new(0),
        }
    }

    pub(super) fn get(&self) -> Option<Snapshot<V>> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The number of the newest value, or zero. Never ahead of [`get`](Self::get).
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Makes a value visible. The one before it is handed back: its caller frees it, and no reader.
    pub(super) fn put(&self, snapshot: Snapshot<V>) -> Option<Snapshot<V>> {
        let generation = snapshot.generation().get();
        let before = self
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(snapshot);
        self.generation.store(generation, Ordering::Release);
        before
    }
}
