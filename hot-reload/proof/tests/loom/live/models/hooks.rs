//! What is called with a value right before the service frees it: a hook finds all that the last holder did.

use super::super::cell::{Kept, is_unshared};
use super::super::node::Node;
use super::super::sync::Arc;
use super::super::world::{Fault, finds, holds};
use super::{beside, cell, reader};

/// What the holder writes.
const NOTE: u32 = 7;
/// What the hook says where the writing has not happened before.
const STALE: &str = "a hook misses what a holder wrote";

/// What `on_retire` calls. Nobody has held the first value.
fn hook(node: &Node) {
    let expected = if node.read() == 1 { 0 } else { NOTE };
    assert_eq!(node.note(), expected, "{STALE}");
}

/// What the engine does with the values that nobody holds.
fn free(swept: Vec<(Arc<Node>, u32)>) -> usize {
    let swept = swept.into_iter();
    swept.map(|(node, _)| hook(&node)).count()
}

/// One value that nobody holds, so that the service passes its barrier, and a newer one that somebody does.
fn a_holder_of_a_share() {
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

/// The holder is a `Reader`, which gives its share back when it finds a newer value.
fn a_reader_that_goes_on() {
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

/// The service has stopped, so what somebody holds is not the service's to free.
fn a_holder_at_the_end() {
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
fn a_hook_finds_what_the_last_holder_of_a_share_wrote() {
    holds(None, a_holder_of_a_share);
}

#[test]
fn a_hook_finds_what_a_reader_wrote_before_it_went_on() {
    holds(None, a_reader_that_goes_on);
}

#[test]
fn a_hook_at_the_end_finds_what_the_last_holder_wrote() {
    holds(None, a_holder_at_the_end);
}

#[test]
fn without_the_fence_behind_the_count_a_hook_misses_what_a_holder_wrote() {
    finds(
        Fault::NoFenceBehindTheCount,
        STALE,
        None,
        a_holder_of_a_share,
    );
}

#[test]
fn without_the_fence_behind_the_count_a_hook_at_the_end_does_no_better() {
    finds(
        Fault::NoFenceBehindTheCount,
        STALE,
        None,
        a_holder_at_the_end,
    );
}
