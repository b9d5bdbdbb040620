//! [`Forgotten`]: guards that are never dropped, so that their nodes are never freed.

use std::sync::Mutex;

use super::super::cell::Protected;
use super::node::Node;

static FORGOTTEN: Mutex<Vec<Forgotten>> = Mutex::new(Vec::new());

/// The most of them: each takes a slot of the process for ever, and every sweep reads all slots.
const MOST: usize = 64;

/// A node, and its number, which a sweep would change.
pub(super) struct Forgotten {
    node: &'static Node,
    number: u64,
}

impl Forgotten {
    /// Starts a run, before the first read.
    pub(super) fn begin() {
        lock().clear();
    }

    /// Forgets a guard, up to the maximum.
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

    /// Reads all nodes and checks that they are unchanged. Returns their number.
    pub(super) fn look() -> u64 {
        let forgotten = lock();
        for Self { node, number } in &*forgotten {
            let mut seen = *number;
            node.look(&mut seen);
            if seen != *number {
                super::node::bad("a node that a forgotten guard protects has changed");
            }
        }
        forgotten.len() as u64
    }

    /// The number of nodes that they protect.
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
