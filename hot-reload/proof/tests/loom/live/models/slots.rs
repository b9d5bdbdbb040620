//! A reused slot, while the node that it protected before is freed.

use super::super::node::Node;
use super::super::world::{Fault, finds, holds};
use super::{RACE, cell, read, reader, sweep};

fn two_swaps_and_a_slot_that_is_used_again() {
    let cell = cell();
    let reads = reader(&cell, |cell| {
        let first = read(&cell);
        let second = read(&cell);
        assert!(first <= second, "a reader goes back in time");
    });
    cell.put(Node::new(2), 2);
    sweep(&cell);
    cell.put(Node::new(3), 3);
    sweep(&cell);
    reads.join().unwrap();
    sweep(&cell);
    assert_eq!(cell.retired(|_| true), (0, None));
}

#[test]
fn two_swaps_with_retired_nodes_and_a_reused_slot() {
    holds(4, two_swaps_and_a_slot_that_is_used_again);
}

#[test]
fn relaxed_slot_store_frees_a_read_node_too_early() {
    finds(
        Fault::RelaxedAnnouncement,
        RACE,
        3,
        two_swaps_and_a_slot_that_is_used_again,
    );
}

#[test]
fn two_guards_of_one_thread_protect_two_nodes() {
    holds(None, || {
        let cell = cell();
        let reads = reader(&cell, |cell| {
            let before = cell.protect().expect("a value");
            let after = cell.protect().expect("a value");
            assert!(before.node().read() <= after.node().read());
            drop(before);
            after.node().read();
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        reads.join().unwrap();
        sweep(&cell);
    });
}

#[test]
fn swept_node_is_gone_without_holders() {
    holds(None, || {
        let cell = cell();
        let reads = reader(&cell, |cell| {
            read(&cell);
        });
        cell.put(Node::new(2), 2);
        reads.join().unwrap();
        sweep(&cell);
        assert_eq!(cell.retired(|_| true), (0, None));
        assert_eq!(super::super::world::alive(), 1);
    });
}
