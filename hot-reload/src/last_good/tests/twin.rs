//! This program once more, running the same test as a process of its own.

use std::path::Path;
use std::process::{Command, Stdio};

const TASK: &str = "HOT_RELOAD_LAST_GOOD_TASK";

/// What this process was started for, if it is a twin.
pub(super) fn task() -> Option<String> {
    std::env::var(TASK).ok()
}

/// The test of this name below these tests, with a task. Whatever it drops on the way falls into the folder.
pub(super) fn command(test: &str, task: impl Into<String>, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            &format!("last_good::tests::{test}"),
            "--exact",
            "--nocapture",
        ])
        .env(TASK, task.into())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
