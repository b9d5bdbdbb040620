//! A test in a process of its own, with a bound for its memory: what it cannot survive, the others do.

use std::alloc::System;
use std::env;
use std::path::Path;
use std::process::{Command, Output};

use cap::Cap;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Names the test that this process is for.
const CHILD: &str = "HOT_RELOAD_MUTATIONS_CHILD";

/// Gives the child its folder.
const FOLDER: &str = "HOT_RELOAD_MUTATIONS_FOLDER";

/// Runs the body of the test of this name in a process that has as many bytes for it; one more ends the process. The body
/// may leave word in the folder of how far it has come.
///
/// # Panics
///
/// If the process does not end well: with what it wrote, and what `last` says.
pub(crate) fn within(
    test: &str,
    most: usize,
    folder: &Path,
    last: impl FnOnce(&Path) -> String,
    body: impl FnOnce(&Path),
) {
    if env::var(CHILD).is_ok_and(|name| name == test) {
        HEAP.set_limit(HEAP.allocated() + most).unwrap();
        body(Path::new(&env::var_os(FOLDER).unwrap()));
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
        .env(FOLDER, folder)
        .output()
        .unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(
        status.success() && stdout.contains("1 passed"),
        "{test}, alone and with {most} bytes: {status}; {}\n{stdout}\n{stderr}",
        last(folder)
    );
}
