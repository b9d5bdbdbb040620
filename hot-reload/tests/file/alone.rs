//! Runs a test of global process state, such as the working directory, in a process of its own.

use std::process::Command;

/// Whether this process is there for this test only. If not, the test is run in one that is, and this one has nothing
/// left to do.
pub(crate) fn is_alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains(" 1 passed"), "it was not run: {text}");
    false
}

const ALONE: &str = "HOT_RELOAD_TEST_ALONE";
