//! Lent slots: for threads without a record, and for many guards.

use loom::sync::Arc;
use loom::thread::spawn;

use super::super::cell::Cell;
use super::super::node::Node;
use super::super::world::{domain, holds};
use super::{cell, read, reader, stranger, sweep};

#[test]
fn slot_is_lent_to_one_guard_at_a_time() {
    holds(None, || {
        // One that was given back, and so is there for both.
        domain().lend().clear();
        let lend = || std::ptr::from_ref(domain().lend()).addr();
        let other = spawn(lend);
        assert_ne!(lend(), other.join().unwrap());
    });
}

#[test]
fn returned_slot_is_lent_again() {
    holds(None, || {
        let slot = domain().lend();
        slot.clear();
        let again = spawn(|| std::ptr::from_ref(domain().lend()).addr());
        assert_eq!(std::ptr::from_ref(slot).addr(), again.join().unwrap());
    });
}

#[test]
fn two_threads_without_slots_are_each_protected() {
    holds(3, || {
        let cell = cell();
        let read = |cell: Arc<Cell<Node, u32>>| {
            read(&cell);
        };
        let (one, another) = (stranger(&cell, read), stranger(&cell, read));
        cell.put(Node::new(2), 2);
        sweep(&cell);
        one.join().unwrap();
        another.join().unwrap();
        sweep(&cell);
    });
}

/// A slot with null would be free for every thread.
#[test]
fn read_without_a_value_borrows_no_slot() {
    holds(3, || {
        let cell = Arc::new(Cell::new());
        let read = |cell: Arc<Cell<Node, u32>>| {
            if let Some(guard) = cell.protect() {
                guard.node().read();
            }
        };
        let (one, another) = (stranger(&cell, read), stranger(&cell, read));
        cell.put(Node::new(1), 1);
        cell.put(Node::new(2), 2);
        sweep(&cell);
        one.join().unwrap();
        another.join().unwrap();
        sweep(&cell);
    });
}

#[test]
fn guard_in_a_lent_slot_protects() {
    holds(2, || {
        let cell = cell();
        let reads = reader(&cell, |cell| {
            // The last two are lent.
            let record: Vec<_> = (0..14).map(|_| cell.protect()).collect();
            let more = cell.protect().expect("a value");
            drop(record);
            more.node().read();
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        reads.join().unwrap();
        sweep(&cell);
    });
}
