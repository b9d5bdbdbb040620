//! One reader and one publisher: the two halves of the barrier.

use loom::sync::Arc;

use super::super::cell::Cell;
use super::super::node::Node;
use super::super::world::{Fault, finds, holds};
use super::{RACE, cell, read, reader, stranger, sweep};

/// The reader has slots, as from its second reading on.
fn a_reader_and_a_publisher() {
    let cell = cell();
    let reads = reader(&cell, |cell| {
        read(&cell);
    });
    cell.put(Node::new(2), 2);
    sweep(&cell);
    reads.join().unwrap();
    sweep(&cell);
    assert_eq!(cell.retired(|_| true), (0, None));
}

/// The reader has none, and takes the longer way.
fn a_stranger_and_a_publisher() {
    let cell = cell();
    let reads = stranger(&cell, |cell| {
        read(&cell);
    });
    cell.put(Node::new(2), 2);
    sweep(&cell);
    reads.join().unwrap();
    sweep(&cell);
    assert_eq!(cell.retired(|_| true), (0, None));
}

#[test]
fn node_is_not_freed_while_read() {
    holds(None, a_reader_and_a_publisher);
}

#[test]
fn node_is_not_freed_while_read_by_the_slow_path() {
    holds(None, a_stranger_and_a_publisher);
}

#[test]
fn missing_reader_barrier_frees_a_node_while_it_is_read() {
    finds(Fault::NoLightBarrier, RACE, None, a_reader_and_a_publisher);
}

#[test]
fn missing_reader_barrier_frees_a_node_on_the_slow_path() {
    finds(Fault::NoLightBarrier, RACE, 3, a_stranger_and_a_publisher);
}

#[test]
fn missing_publisher_barrier_frees_a_node_while_it_is_read() {
    finds(Fault::NoHeavyBarrier, RACE, None, a_reader_and_a_publisher);
}

#[test]
fn part_of_a_node_is_protected_like_the_whole() {
    holds(None, || {
        let cell = cell();
        let reads = reader(&cell, |cell| {
            let part = cell.protect().expect("a value").map(|node| node);
            part.part().read();
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        reads.join().unwrap();
        sweep(&cell);
        assert_eq!(cell.retired(|_| true).0, 0);
    });
}

#[test]
fn early_reader_finds_nothing_or_a_whole_value() {
    holds(None, || {
        let cell = Arc::new(Cell::<Node, u32>::new());
        let reads = reader(&cell, |cell| {
            if let Some(guard) = cell.protect() {
                assert_eq!(guard.node().read(), 1);
            }
        });
        cell.put(Node::new(1), 1);
        reads.join().unwrap();
    });
}
