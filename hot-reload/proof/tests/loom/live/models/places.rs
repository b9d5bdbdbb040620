//! A new node at the address of a freed one.

use super::super::node::Node;
use super::super::sync::Arc;
use super::super::world::holds;
use super::{cell, read, reader, sweep};

#[test]
fn new_node_at_an_old_address_is_read_as_new() {
    holds(4, || {
        let cell = cell();
        let reads = reader(&cell, |cell| {
            read(&cell);
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        // Where nobody read the first, its place is the third one's.
        cell.put(Node::new(3), 3);
        sweep(&cell);
        reads.join().unwrap();
        sweep(&cell);
    });
}

#[test]
fn address_is_reused_for_a_new_node() {
    holds(None, || {
        let cell = cell();
        let first = cell.get().map(|first| Arc::as_ptr(&first));
        cell.put(Node::new(2), 2);
        sweep(&cell);
        let third = Node::new(3);
        assert_eq!(first, Some(Arc::as_ptr(&third)));
    });
}
