//! A test in a process of its own, with a bound for its memory: what it cannot survive, the others do.

use std::alloc::System;
use std::env;
use std::process::{Command, Output};

use cap::Cap;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Names the test that this process is for.
const CHILD: &str = "HOT_RELOAD_MUTATIONS_CHILD";

/// Runs the body of the test of this name in a process that has as many bytes for it; one more ends the process.
///
/// # Panics
///
/// If the process does not end well: with what it wrote, and what `last` says.
pub(crate) fn within(test: &str, most: usize, last: impl FnOnce() -> String, body: impl FnOnce()) {
    if env::var(CHILD).is_ok_and(|name| name == test) {
        HEAP.set_limit(HEAP.allocated() + most).unwrap();
        body();
        // The report of the test needs room, too.
        HEAP.set_limit(usize::MAX).unwrap();
        return;
    }
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, test)
        .output()
        .unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(
        status.success() && stdout.contains("1 passed"),
        "{test}, alone and with {most} bytes: {status}; {}\n{stdout}\n{stderr}",
        last()
    );
}
