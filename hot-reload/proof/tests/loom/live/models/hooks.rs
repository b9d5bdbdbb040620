//! Retire hooks: a hook sees everything that the last holder wrote into the value.

use super::super::cell::{Kept, is_unshared};
use super::super::node::Node;
use super::super::sync::Arc;
use super::super::world::{Fault, finds, holds};
use super::{beside, cell, reader};

/// The note that the holder writes.
const NOTE: u32 = 7;
/// The panic of a hook that does not see the write.
const STALE: &str = "a hook misses what a holder wrote";

/// The hook of `on_retire`. The first value has no holder and so no note.
fn hook(node: &Node) {
    let expected = if node.read() == 1 { 0 } else { NOTE };
    assert_eq!(node.note(), expected, "{STALE}");
}

/// Frees the unshared values, as the engine does.
fn free(swept: Vec<(Arc<Node>, u32)>) -> usize {
    let swept = swept.into_iter();
    swept.map(|(node, _)| hook(&node)).count()
}

/// One value without a holder, so that the service passes its barrier, and a newer one with a holder.
fn holder_of_a_share() {
    let cell = cell();
    cell.put(Node::new(2), 2);
    let share = cell.get().expect("a value");
    let holder = beside(&cell, move |_| {
        share.write_note(NOTE);
        drop(share);
    });
    cell.put(Node::new(3), 3);
    let freed = free(cell.sweep(|_| true));
    holder.join().unwrap();
    assert_eq!(freed + free(cell.sweep(|_| true)), 2);
}

/// The holder is a `Reader`, which releases its share when it finds a newer value.
fn reader_that_moves_on() {
    let cell = cell();
    cell.put(Node::new(2), 2);
    let mut kept = Kept::new(cell.get());
    let reads = reader(&cell, move |cell| {
        kept.share().expect("a value").write_note(NOTE);
        cell.newest_or(&mut kept, || unreachable!()).read();
    });
    cell.put(Node::new(3), 3);
    let freed = free(cell.sweep(|_| true));
    reads.join().unwrap();
    assert_eq!(freed + free(cell.sweep(|_| true)), 2);
}

/// The service has stopped, so it does not free values that somebody holds.
fn holder_after_the_stop() {
    let cell = cell();
    cell.put(Node::new(2), 2);
    let share = cell.get().expect("a value");
    let holder = beside(&cell, move |_| {
        share.write_note(NOTE);
        drop(share);
    });
    cell.put(Node::new(3), 3);
    for (node, _) in cell.let_go() {
        if is_unshared(&node) {
            hook(&node);
        }
    }
    holder.join().unwrap();
}

#[test]
fn retire_hook_sees_the_writes_of_the_last_holder() {
    holds(None, holder_of_a_share);
}

#[test]
fn retire_hook_sees_the_writes_of_a_reader_that_moved_on() {
    holds(None, reader_that_moves_on);
}

#[test]
fn retire_hook_after_the_stop_sees_the_writes_of_the_last_holder() {
    holds(None, holder_after_the_stop);
}

#[test]
fn retire_hook_misses_writes_without_the_acquire_fence() {
    finds(Fault::NoFenceBehindTheCount, STALE, None, holder_of_a_share);
}

#[test]
fn retire_hook_after_the_stop_misses_writes_without_the_fence() {
    finds(
        Fault::NoFenceBehindTheCount,
        STALE,
        None,
        holder_after_the_stop,
    );
}
