//! Overflow of the event queue of a stopped process.
#![allow(clippy::print_stdout, reason = "one process reports to the other")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::file::{Rig, World};

/// The stopped process is this program again; it is recognized by the path of its file.
#[tokio::test]
async fn t33_last_change_after_an_overflow_is_found_without_a_heartbeat() {
    match std::env::var_os(SLEEPER) {
        Some(path) => sleep_and_wake(path.into()).await,
        None => storm(),
    }
}

async fn sleep_and_wake(path: PathBuf) {
    let mut rig = Rig::watch(path).await;
    rig.expect("first").await;
    println!("\n{READY}");
    rig.expect("last").await;
    assert!(rig.counter("overflows") >= 1);
    println!("\nit was found");
}

fn storm() {
    let world = World::new();
    let path = world.file("c", "first");
    let child = Command::new(std::env::current_exe().unwrap())
        .arg("--nocapture")
        .arg("t33_last_change_after_an_overflow_is_found_without_a_heartbeat")
        .env(SLEEPER, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Ended(child);
    let mut lines = BufReader::new(child.0.stdout.take().unwrap());
    let mut line = String::new();
    while line.trim() != READY {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it ended early");
    }
    signal(&child.0, "STOP");
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    // Each makes three events at least: made, closed, removed.
    for number in 0..limit / 2 {
        let other = world.path(&format!("other-{}", number % 2));
        fs::write(&other, "").unwrap();
        fs::remove_file(other).unwrap();
    }
    world.rename_into("c", "last");
    signal(&child.0, "CONT");
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(child.0.wait().unwrap().success(), "{rest}");
    assert!(rest.contains("it was found"), "{rest}");
}

/// Does not outlive the test, asleep or not.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

const SLEEPER: &str = "HOT_RELOAD_TEST_SLEEPER";
const READY: &str = "ready";
