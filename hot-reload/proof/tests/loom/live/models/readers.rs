//! Models of `Reader`, a reader that keeps its last value, by the functions that it calls.

use loom::sync::Arc;

use super::super::cell::{Cell, Kept};
use super::super::node::Node;
use super::super::world::{alive, holds};
use super::{beside, cell, reader, stranger, sweep};

/// `Live::reader`.
fn kept(cell: &Cell<Node, u32>) -> Kept<Node> {
    Kept::new(cell.get())
}

/// `Reader::load`, and reading the value.
fn load(cell: &Cell<Node, u32>, kept: &mut Kept<Node>) -> u32 {
    cell.newest_or(kept, || unreachable!("there is a value"))
        .read()
}

/// `Reader::get`, and reading the value.
fn get(cell: &Cell<Node, u32>, kept: &mut Kept<Node>) -> u32 {
    load(cell, kept);
    kept.share().expect("a value").read()
}

/// `Reader::release`.
fn release(kept: &mut Kept<Node>) {
    *kept = Kept::new(None);
}

#[test]
fn reader_moves_forward_and_frees_nothing() {
    holds(None, || {
        let cell = cell();
        let reads = reader(&cell, |cell| {
            let mut kept = kept(&cell);
            let first = load(&cell, &mut kept);
            let second = load(&cell, &mut kept);
            assert!(first <= second, "a reader goes back in time");
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        reads.join().unwrap();
        sweep(&cell);
        assert_eq!(alive(), 1);
    });
}

/// Two publications may happen between a reader's comparison and its read.
#[test]
fn reader_beside_two_publications_reads_only_kept_values() {
    holds(3, || {
        let cell = cell();
        let reads = reader(&cell, |cell| {
            let mut kept = kept(&cell);
            let first = load(&cell, &mut kept);
            assert!(
                first <= load(&cell, &mut kept),
                "a reader goes back in time"
            );
        });
        for number in [2, 3] {
            cell.put(Node::new(number), number);
            sweep(&cell);
        }
        reads.join().unwrap();
        sweep(&cell);
        assert_eq!(alive(), 1);
    });
}

/// No `Reader` exists before the first value, but the functions that it calls must work then, too.
#[test]
fn reader_finds_no_value_before_the_first() {
    holds(None, || {
        let cell = Arc::new(Cell::new());
        let reads = reader(&cell, |cell| {
            let nothing: &'static Node = Box::leak(Box::new(Node::nothing()));
            let mut kept = Kept::new(None);
            let read = cell.newest_or(&mut kept, || nothing).read();
            assert!(read <= 1, "a value that was not published");
        });
        cell.put(Node::new(1), 1);
        reads.join().unwrap();
    });
}

#[test]
fn reader_without_slots_advances_and_frees_no_value() {
    holds(3, || {
        let cell = cell();
        let reads = stranger(&cell, |cell| {
            let mut kept = kept(&cell);
            let first = load(&cell, &mut kept);
            assert!(first <= get(&cell, &mut kept), "a reader goes back in time");
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        reads.join().unwrap();
        sweep(&cell);
        assert_eq!(alive(), 1);
    });
}

#[test]
fn reader_keeps_only_its_last_value() {
    holds(None, || {
        let cell = cell();
        let mut kept = kept(&cell);
        let had = load(&cell, &mut kept);
        cell.put(Node::new(2), 2);
        let sweeps = beside(&cell, |cell| sweep(&cell));
        assert_eq!((had, load(&cell, &mut kept)), (1, 2));
        sweeps.join().unwrap();
        sweep(&cell);
        assert_eq!(alive(), 1);
        drop(kept);
    });
}

/// An idle reader does not ask for the newest value.
#[test]
fn value_of_an_idle_reader_is_not_freed() {
    holds(None, || {
        let cell = cell();
        let mut kept = kept(&cell);
        cell.put(Node::new(2), 2);
        sweep(&cell);
        let had = kept.share().expect("the last value").read();
        assert_eq!((had, alive()), (1, 2));
        assert_eq!(load(&cell, &mut kept), 2);
        sweep(&cell);
        assert_eq!(alive(), 1);
    });
}

#[test]
fn released_reader_keeps_nothing_and_reads_again() {
    holds(3, || {
        let cell = cell();
        let reads = reader(&cell, |cell| {
            let mut kept = kept(&cell);
            let first = load(&cell, &mut kept);
            release(&mut kept);
            assert!(kept.share().is_none(), "it was released");
            assert!(
                first <= load(&cell, &mut kept),
                "a reader goes back in time"
            );
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        reads.join().unwrap();
        sweep(&cell);
        assert_eq!(alive(), 1);
    });
}

/// After a release, a later value may have the address of the reader's last value.
#[test]
fn released_reader_reads_every_later_value() {
    holds(None, || {
        let cell = cell();
        let mut kept = kept(&cell);
        release(&mut kept);
        cell.put(Node::new(2), 2);
        sweep(&cell);
        cell.put(Node::new(3), 3);
        assert_eq!((load(&cell, &mut kept), get(&cell, &mut kept)), (3, 3));
        sweep(&cell);
        assert_eq!(alive(), 1);
    });
}

#[test]
fn clone_of_a_reader_in_another_thread_keeps_its_own_value() {
    holds(3, || {
        let cell = cell();
        let mut here = kept(&cell);
        let mut there = here.clone();
        let reads = reader(&cell, move |cell| {
            let first = there.share().expect("a value").read();
            assert!(
                first <= load(&cell, &mut there),
                "a reader goes back in time"
            );
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        assert_eq!(here.share().expect("a value").read(), 1);
        assert_eq!(load(&cell, &mut here), 2);
        reads.join().unwrap();
        sweep(&cell);
        assert_eq!(alive(), 1);
    });
}

#[test]
fn value_of_a_reader_outlives_the_service_and_all_handles() {
    holds(3, || {
        let cell = cell();
        let other = beside(&cell, |cell| {
            let mut kept = kept(&cell);
            let first = load(&cell, &mut kept);
            let share = kept.share().expect("a value");
            drop((cell, kept));
            assert_eq!(share.read(), first);
        });
        cell.put(Node::new(2), 2);
        drop(cell.let_go());
        drop(cell);
        other.join().unwrap();
        assert_eq!(alive(), 0);
    });
}
