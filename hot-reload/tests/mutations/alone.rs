//! Runs a test in a process of its own with a memory limit, so that a crash does not end the other tests.

use std::alloc::System;
use std::env;
use std::path::Path;
use std::process::{Command, Output};

use cap::Cap;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// The variable with the name of the test that this process runs.
const CHILD: &str = "HOT_RELOAD_MUTATIONS_CHILD";

/// The variable with the folder for messages of the test.
const FOLDER: &str = "HOT_RELOAD_MUTATIONS_FOLDER";

/// Runs the body of this test in a process with this many bytes of memory; one more ends the process. The body may write
/// its progress into the folder.
///
/// # Panics
///
/// If the process fails: with its output and the text of `last`.
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
