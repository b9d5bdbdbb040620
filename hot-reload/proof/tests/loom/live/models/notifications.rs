//! The order of publication: the value first, the notification afterwards.
//!
//! The model's channel is an atomic with release and acquire, the least that any channel guarantees: a notified subscriber
//! sees everything before the notification.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};

use super::super::cell::Cell;
use super::super::node::Node;
use super::super::world::{finds, holds};
use super::{cell, read, reader, sweep};

fn subscriber_reads_after_notification(publish: fn(&Cell<Node, u32>, &AtomicU32)) {
    let (cell, channel) = (cell(), Arc::new(AtomicU32::new(1)));
    let subscriber = reader(&cell, {
        let channel = Arc::clone(&channel);
        move |cell| {
            let notified = channel.load(Ordering::Acquire);
            assert!(
                read(&cell) >= notified,
                "a notified subscriber reads the old value"
            );
        }
    });
    publish(&cell, &channel);
    sweep(&cell);
    subscriber.join().unwrap();
    sweep(&cell);
}

#[test]
fn notified_subscriber_reads_new_value() {
    holds(None, || {
        subscriber_reads_after_notification(|cell, channel| {
            cell.put(Node::new(2), 2);
            channel.store(2, Ordering::Release);
        });
    });
}

#[test]
fn notification_before_publication_is_caught() {
    finds(None, "a notified subscriber reads the old value", 3, || {
        subscriber_reads_after_notification(|cell, channel| {
            channel.store(2, Ordering::Release);
            cell.put(Node::new(2), 2);
        });
    });
}
