//! Tests of the lease: which writers it reports, and that it disturbs no other program.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::kinds::Writers;
use super::lease::{writers, writers_now};
use super::linux::open;

/// A file that is removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hot-reload-lease-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, "one").unwrap();
        Self(path)
    }

    fn ask(&self) -> Writers {
        writers(&open(&self.0).unwrap())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn writer_is_reported_while_it_has_the_file_open() {
    let file = Scratch::new();
    assert_eq!(file.ask(), Writers::Nobody);
    let writer = fs::OpenOptions::new().append(true).open(&file.0).unwrap();
    assert_eq!(file.ask(), Writers::Somebody);
    drop(writer);
    assert_eq!(file.ask(), Writers::Nobody);
}

#[test]
fn readers_are_not_reported_as_writers() {
    let file = Scratch::new();
    let readers = [open(&file.0).unwrap(), open(&file.0).unwrap()];
    for reader in &readers {
        assert_eq!(writers(reader), Writers::Nobody);
    }
}

#[test]
fn writer_does_not_wait_after_the_question() {
    let file = Scratch::new();
    let reader = open(&file.0).unwrap();
    assert_eq!(writers(&reader), Writers::Nobody);
    // With this flag, a writer that would have to wait gets an error.
    let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
    rustix::fs::open(&file.0, flags, rustix::fs::Mode::empty()).unwrap();
}

#[test]
fn writers_during_the_question_do_not_end_the_process() {
    let file = Scratch::new();
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            for _ in 0..2000 {
                assert_ne!(file.ask(), Writers::Unknown);
            }
        });
        while !asking.is_finished() {
            let writer = fs::OpenOptions::new().write(true).open(&file.0);
            drop(writer.unwrap());
        }
    });
}

#[test]
fn writers_of_kernel_files_are_unknown() {
    for path in ["/proc/self/stat", "/proc/self/maps"] {
        let file = open(path.as_ref()).unwrap();
        assert_eq!(writers(&file), Writers::Unknown, "{path}");
    }
}

/// The default signal of a broken lease would end this process.
#[test]
fn writer_that_breaks_the_lease_does_not_end_the_process() {
    let file = Scratch::new();
    let path = file.0.clone();
    let writer = std::thread::spawn(move || {
        for _ in 0..20_000 {
            drop(fs::OpenOptions::new().append(true).open(&path).unwrap());
        }
    });
    while !writer.is_finished() {
        let opened = open(&file.0).unwrap();
        writers(&opened);
        for _ in 0..10 {
            writers_now(&opened);
        }
    }
    writer.join().unwrap();
}
