//! Shares that are made while the publisher counts them.

use loom::sync::Arc as Handle;

use super::super::node::Node;
use super::super::sync::Arc;
use super::super::world::holds;
use super::{beside, cell, reader, sweep};

#[test]
fn swept_node_is_never_shared_again() {
    holds(None, || {
        let cell = cell();
        let reads = reader(&cell, |cell| {
            let share = cell.get().expect("a value");
            let more = Arc::clone(&share);
            drop(share);
            more.read();
        });
        cell.put(Node::new(2), 2);
        // Freed here: nobody else has it, so its number can be changed without an order to anybody.
        for (swept, _) in cell.sweep(|_| true) {
            assert_eq!(Arc::strong_count(&swept), 1);
            drop(swept);
        }
        reads.join().unwrap();
        sweep(&cell);
        assert_eq!(cell.retired(|_| true).0, 0);
    });
}

#[test]
fn moved_share_keeps_its_node() {
    holds(3, || {
        let cell = cell();
        let handed = Handle::new(loom::sync::Mutex::new(None));
        let takes = reader(&cell, {
            let handed = Handle::clone(&handed);
            move |cell| *handed.lock().unwrap() = cell.get()
        });
        let reads = reader(&handed, |handed| {
            let share = handed.lock().unwrap().take();
            if let Some(share) = share {
                share.read();
            }
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        takes.join().unwrap();
        reads.join().unwrap();
        drop(handed.lock().unwrap().take());
        sweep(&cell);
        assert_eq!(cell.retired(|_| true).0, 0);
    });
}

/// The service may free on another thread than the one that publishes.
#[test]
fn concurrent_sweep_and_publication_lose_no_node() {
    holds(None, || {
        let cell = cell();
        let sweeps = beside(&cell, |cell| sweep(&cell));
        let reads = reader(&cell, |cell| {
            cell.get().expect("a value").read();
        });
        cell.put(Node::new(2), 2);
        sweeps.join().unwrap();
        reads.join().unwrap();
        sweep(&cell);
        assert_eq!(cell.retired(|_| true).0, 0);
    });
}
