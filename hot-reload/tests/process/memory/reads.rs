//! The memory that reads retain, to the byte.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use hot_reload::Live;
use hot_reload::live::Reader;
use hot_reload::testing::Publisher;

use super::HEAP;
use crate::alone::is_alone;
use crate::turn;

type Value = [u8; 4096];

const VALUES: usize = 1_000;
const THREADS: usize = 64;
const SHORT_LIVED: usize = 1_000;

/// The bound of the memory beside the newest values.
const BESIDE: usize = 2 << 20;
/// The bound for what a thread leaves behind that has read and ended, on average.
const LEFT: usize = 8;

#[test]
fn p17_values_read_by_threads_are_not_kept() {
    let _turn = turn();
    if !is_alone("p17_values_read_by_threads_are_not_kept") {
        return;
    }
    let publishers: Vec<_> = (0..VALUES).map(|_| Publisher::new([0; 4096])).collect();
    let lives: Arc<[_]> = publishers.iter().map(Publisher::live).collect();
    let before = HEAP.allocated();
    assert!(before >= VALUES * size_of::<Value>());

    let mut readers: Vec<_> = (0..THREADS)
        .map(|_| Idle::start(Arc::clone(&lives)))
        .collect();
    let mut version = 0_u8;
    let mut publish = || {
        version += 1;
        for publisher in &publishers {
            publisher.publish([version; 4096]);
        }
        version
    };
    // Each thread reads a version that no other reads.
    for reader in &readers {
        let version = publish();
        reader.read(version);
    }
    for _ in 0..3 {
        publish();
    }
    let beside = HEAP.allocated() - before;
    println!(
        "{THREADS} idle threads that have read {VALUES} values each: {beside} bytes beside the values"
    );
    assert!(beside <= BESIDE, "{beside}");
    assert!(lives.iter().all(|live| live.retained().count == 0));

    // That it would have been noticed: each `Reader` of one idle thread keeps what it has read.
    let kept: Vec<Reader<Value>> = lives.iter().map(Live::reader).collect();
    publish();
    let with_readers = HEAP.allocated() - before;
    println!(
        "{VALUES} idle readers: {} bytes more",
        with_readers - beside
    );
    assert!(with_readers - beside >= VALUES * size_of::<Value>());
    drop(kept);
    publish();

    readers.truncate(1);
    let before = HEAP.allocated();
    for _ in 0..SHORT_LIVED {
        let live = lives[0].clone();
        let thread = thread::spawn(move || {
            let guards: Vec<_> = (0..20).map(|_| live.load()).collect();
            black_box(guards.iter().map(|guard| u64::from(guard[7])).sum::<u64>());
        });
        thread.join().unwrap();
    }
    let left = HEAP.allocated().saturating_sub(before);
    println!("{SHORT_LIVED} threads that have read and ended: {left} bytes left");
    assert!(left <= SHORT_LIVED * LEFT, "{left}");
}

/// A thread that reads on request.
struct Idle {
    /// The version of all values.
    go: Option<Sender<u8>>,
    done: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Idle {
    fn start(lives: Arc<[Live<Value>]>) -> Self {
        let (go, versions) = mpsc::channel();
        let (told, done) = mpsc::channel();
        let thread = thread::spawn(move || {
            while let Ok(version) = versions.recv() {
                for live in &*lives {
                    let guard = live.load();
                    assert!(guard.iter().all(|byte| *byte == version));
                }
                told.send(()).unwrap();
            }
        });
        Self {
            go: Some(go),
            done,
            thread: Some(thread),
        }
    }

    fn read(&self, version: u8) {
        self.go.as_ref().unwrap().send(version).unwrap();
        self.done.recv().unwrap();
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        self.go = None;
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || thread::panicking());
    }
}
