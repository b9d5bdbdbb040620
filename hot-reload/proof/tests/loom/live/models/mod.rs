//! The models, one file for each theme. Beside each model that must hold are variants that must fail.

mod barriers;
mod end;
mod hooks;
mod lent;
mod notifications;
mod places;
mod readers;
mod records;
mod shares;
mod slots;

use loom::sync::Arc;
use loom::thread::{JoinHandle, spawn};

use super::cell::Cell;
use super::node::Node;
use super::thread;

/// The cell of a service with its handles, and the first value.
fn cell() -> Arc<Cell<Node, u32>> {
    let cell = Cell::new();
    cell.put(Node::new(1), 1);
    Arc::new(cell)
}

/// What loom says when two threads come to a node without an order between them.
const RACE: &str = "Causality violation";

/// A thread beside this one, with a handle of its own, which it drops when it is done.
fn beside<T: 'static>(shared: &Arc<T>, body: impl FnOnce(Arc<T>) + 'static) -> JoinHandle<()> {
    let shared = Arc::clone(shared);
    spawn(|| body(shared))
}

/// A thread that reads. It begins without slots of its own, and it frees nothing.
fn stranger<T: 'static>(shared: &Arc<T>, body: impl FnOnce(Arc<T>) + 'static) -> JoinHandle<()> {
    beside(shared, |shared| {
        thread::reads_only();
        body(shared);
    })
}

/// A thread that reads. It has slots of its own, and it frees nothing.
fn reader<T: 'static>(shared: &Arc<T>, body: impl FnOnce(Arc<T>) + 'static) -> JoinHandle<()> {
    stranger(shared, |shared| {
        thread::enter();
        body(shared);
        thread::leave();
    })
}

/// The number of the newest value, read under a guard.
fn read(cell: &Cell<Node, u32>) -> u32 {
    cell.protect().expect("a value").node().read()
}

/// What the service does when a value is replaced, and again later.
fn sweep(cell: &Cell<Node, u32>) {
    drop(cell.sweep(|_| true));
}
