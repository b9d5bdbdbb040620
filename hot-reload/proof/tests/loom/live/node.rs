//! [`Node`]: a value that knows when it is read too late, freed too early, or freed by the wrong thread.

use loom::cell::UnsafeCell;

use super::sync::Arc;
use super::{thread, world};

/// A published value: its number, in a place of which loom knows who may read it when.
pub(super) struct Node(UnsafeCell<u32>);

const FREED: u32 = u32::MAX;

impl Node {
    pub(super) fn new(number: u32) -> Arc<Self> {
        world::count(1);
        Arc::new(Self(UnsafeCell::new(number)))
    }

    /// The number, which must be one that was published.
    pub(super) fn read(&self) -> u32 {
        // SAFETY: loom finds who writes at the same time.
        let number = self.0.with(|number| unsafe { *number });
        if number == FREED {
            world::fail("a node is read that was freed");
        }
        number
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // SAFETY: loom finds who reads at the same time.
        self.0.with_mut(|number| unsafe { *number = FREED });
        world::count(-1);
        if thread::is_reader() {
            world::fail("a reader has freed a node");
        }
    }
}
