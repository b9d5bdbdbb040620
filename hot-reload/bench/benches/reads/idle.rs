//! [`Idle`]: threads that have read once and are idle.

use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use ours::Live;

/// They end when this is dropped.
pub(crate) struct Idle(Vec<(Sender<()>, JoinHandle<()>)>);

impl Idle {
    pub(crate) fn start<V: Send + Sync + 'static>(threads: usize, live: &Live<V>) -> Self {
        let (reads, has_read) = mpsc::channel();
        let threads = (0..threads).map(|_| {
            let (live, reads) = (live.clone(), reads.clone());
            let (end, ended) = mpsc::channel();
            let thread = thread::spawn(move || {
                drop(live.load());
                let _ = reads.send(());
                // Nothing is ever sent: the other end is dropped.
                let _ = ended.recv();
            });
            (end, thread)
        });
        let idle = Self(threads.collect());
        has_read.iter().take(idle.0.len()).for_each(drop);
        idle
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        for (end, thread) in self.0.drain(..) {
            drop(end);
            let _ = thread.join();
        }
    }
}
