//! The load: a publisher that replaces values as fast as it can, and readers of every kind. Some values panic in `drop`.
//!
//! Nodes are not freed while it runs, unless the plan asks for that. A swept node gets an invalid number, and is published
//! again later with another number. So an unprotected reader sees a number change, without undefined behavior. A plan that
//! frees is for tools that report each access to freed memory.

mod forgotten;
mod node;
mod readers;

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::cell::Cell;
use forgotten::Forgotten;
use node::{Node, discard};
pub(super) use readers::Way;

/// What is done, and when it ends: by whichever comes first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Whether swept nodes are published again instead of being freed.
    pub(super) reuse: bool,
    pub(super) time: Duration,
    pub(super) swaps: u64,
}

/// The result.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) reads: u64,
    pub(super) swaps: u64,
    pub(super) swept: u64,
    /// The number of forgotten guards, whose nodes are never freed.
    pub(super) forgotten: u64,
    /// How often something was seen that must not be. The first ends the run.
    pub(super) bad: u64,
}

/// How many nodes wait before the first of them is published again.
const REST: usize = 32;

/// One reader for each way, and a publisher. One run at a time, since there is one of everything that is counted.
pub(super) fn run(ways: &[Way], plan: Plan) -> Seen {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    node::begin();
    Forgotten::begin();
    let cell = Box::into_raw(Box::new(Cell::new()));
    // SAFETY: it is freed when all its users are gone. Guards that outlive their thread's slots must be `'static`.
    let shared: &'static Cell<Node, u64> = unsafe { &*cell };
    shared.put(Arc::new(Node::new(1)), 1);
    let threads: Vec<_> = ways
        .iter()
        .map(|way| thread::spawn(way.reader(shared)))
        .collect();
    let (mut seen, resting) = publish(shared, plan);
    node::STOP.store(true, Ordering::Relaxed);
    seen.reads = threads.into_iter().map(|reads| reads.join().unwrap()).sum();
    // Not earlier, in case a reader was not protected from them.
    resting.into_iter().for_each(discard);
    // SAFETY: it came from a box, and a thread that was joined has dropped its guards or forgotten them.
    discard(unsafe { Box::from_raw(cell) });
    seen.forgotten = Forgotten::look();
    let alive = node::ALIVE.load(Ordering::Relaxed);
    assert_eq!(alive, Forgotten::nodes() as i64, "nodes are left");
    seen.bad = node::BAD.load(Ordering::Relaxed);
    seen
}

fn publish(cell: &Cell<Node, u64>, plan: Plan) -> (Seen, VecDeque<Arc<Node>>) {
    let (began, mut seen, mut resting) = (Instant::now(), Seen::default(), VecDeque::new());
    while seen.swaps < plan.swaps
        && node::BAD.load(Ordering::Relaxed) == 0
        && (seen.swaps % 64 != 0 || began.elapsed() < plan.time)
    {
        seen.swaps += 1;
        let number = 1 + seen.swaps;
        let node = if resting.len() < REST {
            Arc::new(Node::new(number))
        } else {
            let node: Arc<Node> = resting.pop_front().expect("some that rest");
            node.publish_again(number);
            node
        };
        cell.put(node, number);
        for (node, _) in cell.sweep(|_| true) {
            seen.swept += 1;
            if Arc::strong_count(&node) != 1 {
                node::bad("a node was swept that is shared");
            }
            if plan.reuse {
                node.poison();
                resting.push_back(node);
            } else {
                discard(node);
            }
        }
    }
    (seen, resting)
}
