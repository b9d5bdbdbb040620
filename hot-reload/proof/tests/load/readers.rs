//! All ways of reading.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use super::super::cell::{Cell, Kept, Protected};
use super::forgotten::Forgotten;
use super::node::{Node, STOP, reads_only};

/// How one thread reads, again and again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// One guard after the other, in one slot, on a whole and then on a part.
    Guard,
    /// More guards at once than a thread has slots.
    Guards,
    /// A share, which is kept when its guard is gone.
    Share,
    /// The calls of `Reader`: loads, shares, clones and releases.
    Reader,
    /// A reader that each of its threads hands on to the next.
    Moving,
    /// In threads that end, with a guard and a reader that go just before the thread leaves its slots.
    Threads,
    /// The same, with a guard and a reader that go afterwards.
    Strangers,
    /// In threads that end without ever dropping a guard.
    Forgotten,
}

type Shared = &'static Cell<Node, u64>;

/// What a thread drops when it ends.
struct Last {
    guard: Protected<'static, Node>,
    kept: Kept<Node>,
    cell: Shared,
}

impl Drop for Last {
    fn drop(&mut self) {
        let now = self.cell.protect().expect("a value");
        self.guard.node().look(&mut 0);
        now.node().look(&mut 0);
        load(self.cell, &mut self.kept).look(&mut 0);
    }
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

impl Way {
    /// What a thread does until it is stopped. It gives the number of its reads.
    pub(super) fn reader(self, cell: Shared) -> impl FnOnce() -> u64 + Send + 'static {
        move || {
            reads_only();
            let (mut reads, mut before) = (0, 0);
            let mut kept = Kept::new(cell.get());
            while !STOP.load(Ordering::Relaxed) {
                reads += match self {
                    Self::Guard => guard(cell, &mut before),
                    Self::Guards => guards(cell, &mut before),
                    Self::Share => share(cell, &mut before),
                    Self::Reader => reader(cell, &mut kept, &mut before),
                    Self::Moving => in_the_next_thread(cell, &mut kept, &mut before),
                    Self::Threads => in_a_thread(cell, guard),
                    Self::Strangers => in_a_thread(cell, |_, _| 0),
                    Self::Forgotten => in_a_thread_that_forgets(cell),
                };
            }
            reads
        }
    }
}

fn guard(cell: Shared, before: &mut u64) -> u64 {
    let guard = cell.protect().expect("a value");
    guard.node().look(before);
    let part = guard.map(|node| node);
    part.part().look(before);
    2
}

fn guards(cell: Shared, before: &mut u64) -> u64 {
    let guards: Vec<_> = (0..20).map(|_| cell.protect().expect("a value")).collect();
    for guard in &guards {
        guard.node().look(before);
    }
    // Those that were taken first may be the last to go.
    for guard in guards.into_iter().rev() {
        guard.node().look(&mut 0);
    }
    20
}

fn share(cell: Shared, before: &mut u64) -> u64 {
    let share = cell.get().expect("a value");
    let more = Arc::clone(&share);
    drop(share);
    more.look(before);
    1
}

/// `Reader::load`.
fn load(cell: Shared, kept: &mut Kept<Node>) -> &Node {
    cell.newest_or(kept, || unreachable!("there is a value"))
}

/// Uses one `Reader`: many loads, and sometimes each other call.
fn reader(cell: Shared, kept: &mut Kept<Node>, before: &mut u64) -> u64 {
    for _ in 0..10 {
        load(cell, kept).look(before);
    }
    // `Reader::get`.
    let share = kept.share().expect("the last value");
    let mut clone = kept.clone();
    load(cell, &mut clone).look(before);
    // `Reader::release`.
    *kept = Kept::new(None);
    share.look(&mut 0);
    load(cell, kept).look(before);
    *kept = clone;
    12
}

fn in_the_next_thread(cell: Shared, kept: &mut Kept<Node>, before: &mut u64) -> u64 {
    let (mut moved, mut seen) = (kept.clone(), *before);
    let reads = thread::spawn(move || {
        reads_only();
        moved.share().expect("the last value").look(&mut 0);
        let reads = reader(cell, &mut moved, &mut seen);
        (moved, seen, reads)
    });
    let reads_here = reader(cell, kept, before);
    let (moved, seen, reads_there) = reads.join().unwrap();
    *before = (*before).max(seen);
    *kept = moved;
    reads_here + reads_there
}

fn in_a_thread(cell: Shared, first: fn(Shared, &mut u64) -> u64) -> u64 {
    let reads = thread::spawn(move || {
        reads_only();
        let mut before = 0;
        let mut reads = first(cell, &mut before);
        LAST.with_borrow_mut(|last| {
            let guard = cell.protect().expect("a value");
            let kept = Kept::new(cell.get());
            let last = last.insert(Last { guard, kept, cell });
            last.guard.node().look(&mut before);
        });
        for _ in 0..10 {
            reads += guard(cell, &mut before);
        }
        reads
    });
    reads.join().unwrap()
}

fn in_a_thread_that_forgets(cell: Shared) -> u64 {
    let reads = thread::spawn(move || {
        reads_only();
        let mut before = 0;
        Forgotten::forget(cell.protect().expect("a value"));
        guards(cell, &mut before) + Forgotten::look()
    });
    reads.join().unwrap()
}
