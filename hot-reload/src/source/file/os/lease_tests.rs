//! The lease against the writers it must see.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Writers, open, writers};

/// A file of its own, removed in the end.
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
fn a_writer_is_seen_as_long_as_it_has_the_file_open() {
    let file = Scratch::new();
    assert_eq!(file.ask(), Writers::Nobody);
    let writer = fs::OpenOptions::new().append(true).open(&file.0).unwrap();
    assert_eq!(file.ask(), Writers::Somebody);
    drop(writer);
    assert_eq!(file.ask(), Writers::Nobody);
}

#[test]
fn readers_are_no_writers_and_do_not_disturb_one_another() {
    let file = Scratch::new();
    let readers = [open(&file.0).unwrap(), open(&file.0).unwrap()];
    for reader in &readers {
        assert_eq!(writers(reader), Writers::Nobody);
    }
}

#[test]
fn nothing_stays_behind_that_a_writer_would_wait_for() {
    let file = Scratch::new();
    let reader = open(&file.0).unwrap();
    assert_eq!(writers(&reader), Writers::Nobody);
    // One that would wait is refused instead.
    let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
    rustix::fs::open(&file.0, flags, rustix::fs::Mode::empty()).unwrap();
}

#[test]
fn writers_that_come_and_go_during_the_question_cost_nobody_its_life() {
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
fn what_is_no_file_of_a_local_file_system_is_unknown() {
    for path in ["/proc/self/stat", "/proc/self/maps"] {
        let file = open(path.as_ref()).unwrap();
        assert_eq!(writers(&file), Writers::Unknown, "{path}");
    }
}

/// The signal of a lease that is broken would end this process, if it were the usual one.
#[test]
fn a_writer_who_opens_the_file_while_it_is_asked_about_ends_nobody() {
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
            super::writers_now(&opened);
        }
    }
    writer.join().unwrap();
}
