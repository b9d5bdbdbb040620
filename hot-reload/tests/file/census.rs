//! The kernel's count of threads and descriptors of this process.
#![allow(dead_code, reason = "each program of tests uses a part of it")]

use std::fs;
use std::panic::Location;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Threads, descriptors and memory at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Census {
    pub(crate) threads: usize,
    pub(crate) descriptors: usize,
    /// Resident, in KiB.
    pub(crate) memory: usize,
}

impl Census {
    pub(crate) fn take() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let field = |name: &str| {
            let mut lines = status.lines();
            let value = lines.find_map(|line| line.strip_prefix(name)).unwrap();
            let number = value.split_whitespace().next().unwrap();
            number.parse().unwrap()
        };
        Self {
            threads: field("Threads:"),
            descriptors: targets().len(),
            memory: field("VmRSS:"),
        }
    }

    /// Waits until there are no more threads and descriptors than before, and not much more memory. Tasks of dropped
    /// services and idle threads of a runtime take a moment to end.
    #[track_caller]
    pub(crate) fn flat_since(self) -> impl Future<Output = ()> {
        let caller = Location::caller();
        async move {
            let start = Instant::now();
            loop {
                let now = Self::take();
                if now.threads <= self.threads
                    && now.descriptors <= self.descriptors
                    && now.memory <= self.memory + MEMORY_TOLERANCE
                {
                    return say(&format!("{caller}: before {self:?}, after {now:?}"));
                }
                assert!(
                    start.elapsed() < Duration::from_secs(10),
                    "{caller}: before {self:?}, after {now:?}"
                );
                sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// The inotify instances of this process.
pub(crate) fn instances() -> usize {
    let targets = targets();
    let inotify = targets.iter().filter(|target| target.contains("inotify"));
    inotify.count()
}

/// How many inodes they watch, all together.
pub(crate) fn watches() -> usize {
    let own = fs::read_dir("/proc/self/fdinfo").unwrap();
    own.filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok())
        .map(|info| info.matches("inotify wd:").count())
        .sum()
}

/// The threads of this process that watch files.
fn hub_threads() -> usize {
    // The kernel keeps fifteen bytes of `hot-reload-files`.
    threads_of("hot-reload-file")
}

/// The threads of this process whose names begin with this.
pub(crate) fn threads_of(name: &str) -> usize {
    fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok())
        .filter(|thread| thread.starts_with(name))
        .count()
}

/// Now there is one watcher for all files.
#[track_caller]
pub(crate) fn one_watcher() -> impl Future<Output = ()> {
    assert_eq!(instances(), 1);
    hub_threads_become(1)
}

/// Now there is no watcher.
#[track_caller]
pub(crate) fn no_watcher() -> impl Future<Output = ()> {
    assert_eq!(instances(), 0);
    hub_threads_become(0)
}

/// A thread names itself a moment after it was made, and the kernel lists it a moment longer than it can be joined.
#[track_caller]
fn hub_threads_become(count: usize) -> impl Future<Output = ()> {
    let caller = Location::caller();
    async move {
        let start = Instant::now();
        while hub_threads() != count {
            let found = hub_threads();
            assert!(
                start.elapsed() < Duration::from_secs(1),
                "{caller}: {found} threads that watch, expected {count}"
            );
            sleep(Duration::from_millis(1)).await;
        }
    }
}

/// The targets of the open descriptors.
fn targets() -> Vec<String> {
    fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .map(|target| target.to_string_lossy().into_owned())
        // The one of this very list.
        .filter(|target| !target.ends_with("/fd"))
        .collect()
}

#[allow(
    clippy::print_stdout,
    reason = "shown with the output of the test when somebody asks for it"
)]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// In KiB. A leak of one watcher per cycle would exceed it a hundredfold.
const MEMORY_TOLERANCE: usize = 4 * 1024;
