//! [`Forgotten`]: guards that are never dropped. What they protect stays for ever.

use std::sync::Mutex;

use super::super::cell::Protected;
use super::node::Node;

static FORGOTTEN: Mutex<Vec<Forgotten>> = Mutex::new(Vec::new());

/// Each takes a slot of the process for ever, through which every sweep looks.
const MOST: usize = 64;

/// A node, and the number that it has as long as nobody sweeps it.
pub(super) struct Forgotten {
    node: &'static Node,
    number: u64,
}

impl Forgotten {
    /// Before anybody reads.
    pub(super) fn begin() {
        lock().clear();
    }

    /// Forgets a guard, unless there are so many.
    pub(super) fn forget(guard: Protected<'static, Node>) {
        let mut forgotten = lock();
        if forgotten.len() < MOST {
            // SAFETY: the guard protects it, and is never dropped.
            let node: &'static Node = unsafe { &*std::ptr::from_ref(guard.node()) };
            let number = node.number();
            forgotten.push(Self { node, number });
            std::mem::forget(guard);
        }
    }

    /// Reads them all, which must be what they were. How many there are.
    pub(super) fn look() -> u64 {
        let forgotten = lock();
        for Self { node, number } in &*forgotten {
            let mut seen = *number;
            node.look(&mut seen);
            if seen != *number {
                super::node::bad("a node that a forgotten guard holds has become another");
            }
        }
        forgotten.len() as u64
    }

    /// How many nodes they hold.
    pub(super) fn nodes() -> usize {
        let mut nodes: Vec<_> = lock()
            .iter()
            .map(|forgotten| std::ptr::from_ref(forgotten.node).addr())
            .collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes.len()
    }
}

fn lock() -> std::sync::MutexGuard<'static, Vec<Forgotten>> {
    FORGOTTEN.lock().unwrap()
}
