//! Runs one test in a process of its own.

use std::path::Path;
use std::process::{Command, Stdio};

const TASK: &str = "HOT_RELOAD_LAST_GOOD_TASK";

/// The task of this process, if it is a twin.
pub(super) fn task() -> Option<String> {
    std::env::var(TASK).ok()
}

/// A command that runs this test with a task. Files that it creates in its current directory go into the folder.
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
