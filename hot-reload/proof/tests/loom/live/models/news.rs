//! The order of publication: the value first, the news of it afterwards.
//!
//! The news is modelled by what any channel does at least: whoever is told sees what was done before the telling.

use loom::sync::atomic::{AtomicU32, Ordering};
use loom::sync::{Arc, Mutex};

use super::super::cell::Cell;
use super::super::node::Node;
use super::super::world::{finds, holds};
use super::{cell, look, reader, sweep};

fn a_subscriber_is_told(publish: fn(&Cell<Node, u32>, &AtomicU32)) {
    let (cell, news) = (cell(), Arc::new(AtomicU32::new(1)));
    let subscriber = reader(&cell, {
        let news = Arc::clone(&news);
        move |cell| {
            let told = news.load(Ordering::Acquire);
            assert!(look(&cell) >= told, "whoever is told finds the old value");
        }
    });
    publish(&cell, &news);
    sweep(&cell);
    subscriber.join().unwrap();
    sweep(&cell);
}

#[test]
fn whoever_is_told_finds_the_new_value() {
    holds(None, || {
        a_subscriber_is_told(|cell, news| {
            cell.put(Node::new(2), 2);
            news.store(2, Ordering::Release);
        });
    });
}

#[test]
fn told_before_it_is_visible_a_value_is_missed() {
    finds(None, "whoever is told finds the old value", 3, || {
        a_subscriber_is_told(|cell, news| {
            news.store(2, Ordering::Release);
            cell.put(Node::new(2), 2);
        });
    });
}

/// As a word does: it joins under the lock of publication, if what it was made from is still the newest.
#[test]
fn subscriber_of_the_newest_value_misses_no_later_one() {
    holds(3, || {
        let (cell, mirror) = (cell(), Arc::new(Mutex::new(None)));
        let joins = reader(&cell, {
            let mirror = Arc::clone(&mirror);
            move |cell| loop {
                let now = cell.get().expect("a value");
                let mut mirror = mirror.lock().unwrap();
                if cell.is_newest(&now) {
                    *mirror = Some(now.read());
                    break;
                }
            }
        });
        {
            let mut mirror = mirror.lock().unwrap();
            cell.put(Node::new(2), 2);
            *mirror = mirror.map(|_| 2);
        }
        sweep(&cell);
        joins.join().unwrap();
        sweep(&cell);
        assert_eq!(*mirror.lock().unwrap(), Some(2));
    });
}
