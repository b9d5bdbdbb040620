//! The end of a service: the stop, and the drop of the last handle.

use super::super::node::Node;
use super::super::thread;
use super::super::world::{alive, holds};
use super::{beside, cell, read, sweep};

#[test]
fn last_handle_frees_the_rest_in_any_thread() {
    holds(None, || {
        let cell = cell();
        let other = beside(&cell, |cell| {
            thread::enter();
            read(&cell);
            drop(cell);
            thread::leave();
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        drop(cell);
        other.join().unwrap();
        assert_eq!(alive(), 0);
    });
}

#[test]
fn share_outlives_the_service_and_all_handles() {
    holds(None, || {
        let cell = cell();
        let other = beside(&cell, |cell| {
            let share = cell.get();
            drop(cell);
            share.expect("a value").read();
        });
        cell.put(Node::new(2), 2);
        drop(cell.let_go());
        drop(cell);
        other.join().unwrap();
        assert_eq!(alive(), 0);
    });
}

#[test]
fn shared_node_is_left_to_its_last_holder_at_the_end() {
    holds(None, || {
        let cell = cell();
        let share = cell.get().expect("a value");
        cell.put(Node::new(2), 2);
        drop(cell.let_go());
        assert_eq!((cell.retired(|_| true).0, share.read()), (0, 1));
    });
}

#[test]
fn reclaimed_node_has_no_guard_at_the_end() {
    holds(None, || {
        let cell = cell();
        let other = beside(&cell, |cell| {
            thread::enter();
            let guard = cell.protect().expect("a value");
            let share = guard.share();
            drop(guard);
            share.read();
            drop(share);
            read(&cell);
            thread::leave();
        });
        cell.put(Node::new(2), 2);
        drop(cell.let_go());
        other.join().unwrap();
        sweep(&cell);
        assert_eq!((cell.retired(|_| true).0, alive()), (0, 1));
    });
}
