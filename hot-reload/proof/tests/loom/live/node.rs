//! [`Node`]: a value that detects late reads, early frees, and frees by the wrong thread.

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, Ordering};

use super::sync::Arc;
use super::{thread, world};

/// A published value.
pub(super) struct Node {
    /// Loom knows who may read it when.
    number: UnsafeCell<u32>,
    /// A relaxed write of a holder into the value, such as to a counter or a flag.
    note: AtomicU32,
}

const FREED: u32 = u32::MAX;

impl Node {
    pub(super) fn new(number: u32) -> Arc<Self> {
        world::count(1);
        Arc::new(Self::numbered(number))
    }

    /// A placeholder for no value. It is not counted.
    pub(super) fn nothing() -> Self {
        Self::numbered(0)
    }

    fn numbered(number: u32) -> Self {
        Self {
            number: UnsafeCell::new(number),
            note: AtomicU32::new(0),
        }
    }

    /// The number, which must be one that was published.
    pub(super) fn read(&self) -> u32 {
        // SAFETY: loom finds who writes at the same time.
        let number = self.number.with(|number| unsafe { *number });
        if number == FREED {
            world::fail("a node is read that was freed");
        }
        number
    }

    pub(super) fn write_note(&self, note: u32) {
        self.note.store(note, Ordering::Relaxed);
    }

    pub(super) fn note(&self) -> u32 {
        self.note.load(Ordering::Relaxed)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // SAFETY: loom finds who reads at the same time.
        self.number.with_mut(|number| unsafe { *number = FREED });
        world::count(-1);
        if thread::is_reader() {
            world::fail("a reader has freed a node");
        }
    }
}
