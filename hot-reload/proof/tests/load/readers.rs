//! The ways of reading that there are.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use super::super::cell::{Cell, Protected};
use super::node::{Node, STOP, reads_only};

/// How one thread reads, again and again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// One guard after the other, in one slot.
    Guard,
    /// More guards at once than a thread has slots.
    Guards,
    /// A share, which is kept when its guard is gone.
    Share,
    /// A share that is renewed only when it is not the newest.
    Reader,
    /// In threads that end, with a guard that goes just before the thread leaves its slots.
    Threads,
    /// The same, with a guard that goes afterwards.
    Strangers,
}

type Shared = &'static Cell<Node, u64>;

/// What a thread drops when it ends.
struct Last {
    guard: Protected<'static, Node>,
    cell: Shared,
}

impl Drop for Last {
    fn drop(&mut self) {
        let now = self.cell.protect().expect("a value");
        self.guard.node().look(&mut 0);
        now.node().look(&mut 0);
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
            let (mut reads, mut before, mut kept) = (0, 0, None);
            while !STOP.load(Ordering::Relaxed) {
                reads += match self {
                    Self::Guard => guard(cell, &mut before),
                    Self::Guards => guards(cell, &mut before),
                    Self::Share => share(cell, &mut before),
                    Self::Reader => renewed(cell, &mut kept, &mut before),
                    Self::Threads => in_a_thread(cell, guard),
                    Self::Strangers => in_a_thread(cell, |_, _| 0),
                };
            }
            reads
        }
    }
}

fn guard(cell: Shared, before: &mut u64) -> u64 {
    let guard = cell.protect().expect("a value");
    guard.node().look(before);
    1
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

fn renewed(cell: Shared, kept: &mut Option<Arc<Node>>, before: &mut u64) -> u64 {
    if !matches!(kept, Some(kept) if cell.is_newest(kept)) {
        *kept = cell.get();
    }
    kept.as_ref().expect("a value").look(before);
    1
}

fn in_a_thread(cell: Shared, first: fn(Shared, &mut u64) -> u64) -> u64 {
    let reads = thread::spawn(move || {
        reads_only();
        let mut before = 0;
        let mut reads = first(cell, &mut before);
        LAST.with_borrow_mut(|last| {
            let guard = cell.protect().expect("a value");
            last.insert(Last { guard, cell })
                .guard
                .node()
                .look(&mut before);
        });
        for _ in 0..10 {
            reads += guard(cell, &mut before);
        }
        reads
    });
    reads.join().unwrap()
}
