//! A reader with a memory, as `Reader` is: it compares, and renews what it has.

use super::super::cell::Cell;
use super::super::node::Node;
use super::super::sync::Arc;
use super::super::world::{alive, holds};
use super::{beside, cell, reader, sweep};

/// The steps of `Reader::refresh`.
fn refresh(cell: &Cell<Node, u32>, last: &mut Option<Arc<Node>>) -> u32 {
    if !matches!(&*last, Some(last) if cell.is_newest(last)) {
        *last = cell.get();
    }
    last.as_ref().expect("a value").read()
}

#[test]
fn a_reader_goes_forward_and_never_frees_what_it_had() {
    holds(None, || {
        let cell = cell();
        let reads = reader(&cell, |cell| {
            let mut last = cell.get();
            let first = refresh(&cell, &mut last);
            let second = refresh(&cell, &mut last);
            assert!(first <= second, "a reader goes back in time");
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        reads.join().unwrap();
        sweep(&cell);
        assert_eq!(alive(), 1);
    });
}

#[test]
fn a_reader_keeps_what_it_read_last_and_nothing_before() {
    holds(None, || {
        let cell = cell();
        let mut last = cell.get();
        cell.put(Node::new(2), 2);
        let sweeps = beside(&cell, |cell| sweep(&cell));
        let had = last.as_ref().expect("a value").read();
        assert_eq!((had, refresh(&cell, &mut last)), (1, 2));
        sweeps.join().unwrap();
        sweep(&cell);
        assert_eq!(alive(), 1);
    });
}
