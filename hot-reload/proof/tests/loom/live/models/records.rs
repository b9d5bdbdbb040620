//! Records of ended threads, which other threads get.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};

use super::super::node::Node;
use super::super::thread;
use super::super::world::{domain, holds};
use super::{cell, read, reader, stranger, sweep};

#[test]
fn two_threads_never_share_a_record() {
    holds(None, || {
        // One that was left, and so is there for both.
        domain().claim().leave();
        let claim = || {
            let record = domain().claim();
            std::ptr::from_ref(record).addr()
        };
        let other = loom::thread::spawn(claim);
        assert_ne!(claim(), other.join().unwrap());
    });
}

#[test]
fn released_record_goes_to_the_next_thread() {
    holds(None, || {
        let record = domain().claim();
        record.leave();
        let next = loom::thread::spawn(|| std::ptr::from_ref(domain().claim()).addr());
        assert_eq!(std::ptr::from_ref(record).addr(), next.join().unwrap());
    });
}

#[test]
fn read_of_an_ended_thread_happens_before_reclaim() {
    holds(3, || {
        let cell = cell();
        let reads = || {
            reader(&cell, |cell| {
                read(&cell);
            })
        };
        let (one, another) = (reads(), reads());
        cell.put(Node::new(2), 2);
        sweep(&cell);
        one.join().unwrap();
        another.join().unwrap();
        sweep(&cell);
    });
}

/// As a guard in a thread-local does, which is dropped after the record was left.
#[test]
fn guard_that_outlives_its_record_protects() {
    holds(3, || {
        let cell = cell();
        let ends = stranger(&cell, |cell| {
            thread::enter();
            let guard = cell.protect().expect("a value");
            thread::leave();
            guard.node().read();
            drop(guard);
        });
        let begins = reader(&cell, |cell| {
            read(&cell);
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        ends.join().unwrap();
        begins.join().unwrap();
        sweep(&cell);
    });
}

#[test]
fn thread_without_a_record_reads_through_a_lent_slot() {
    holds(None, || {
        let cell = cell();
        let left = Arc::new(AtomicBool::new(false));
        let ends = stranger(&cell, {
            let left = Arc::clone(&left);
            move |cell| {
                thread::enter();
                read(&cell);
                thread::leave();
                left.store(true, Ordering::Release);
                read(&cell);
            }
        });
        cell.put(Node::new(2), 2);
        sweep(&cell);
        ends.join().unwrap();
        sweep(&cell);
    });
}
