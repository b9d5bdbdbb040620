//! Runs each world in a process of its own, so that its resources can be counted and its mounts are private.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

/// Whether this is the process of that test. If not, it has been run in one, and there is nothing left to do.
///
/// A test that `mounts` and may not is reported; with `HOT_RELOAD_REQUIRE` it has failed.
pub(crate) fn is_ours(test: &str, mounts: bool) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let may_mount = unshare()
        .args(["mount", "-t", "tmpfs", "none", "/proc"])
        .output()
        .is_ok_and(|output| output.status.success());
    if mounts && !may_mount {
        not_run(test, "it takes root, and the programs unshare and mount");
        return false;
    }
    let this = std::env::current_exe().expect("this program");
    let mut command = if may_mount {
        unshare()
    } else {
        Command::new("env")
    };
    let mut child = command
        .arg(this)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, if may_mount { MAY_MOUNT } else { "" })
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this program again");
    // Reports are passed on at once, since a run may last an hour.
    let mut text = String::new();
    for line in lines(child.stderr.take()) {
        let report = line.strip_prefix(REPORT);
        let report = report.or_else(|| line.starts_with(NOT_RUN).then_some(line.as_str()));
        match report {
            Some(report) => _ = writeln!(std::io::stderr(), "{report}"),
            None => text += &(line + "\n"),
        }
    }
    text.extend(lines(child.stdout.take()).map(|line| line + "\n"));
    assert!(child.wait().expect("its end").success(), "{text}");
    assert!(text.contains("1 passed"), "it was not run: {text}");
    false
}

fn lines(pipe: Option<impl Read>) -> impl Iterator<Item = String> {
    let lines = BufReader::new(pipe.expect("a pipe")).lines();
    lines.map_while(Result::ok)
}

/// Whether this process may mount.
pub(crate) fn may_mount() -> bool {
    std::env::var(INSIDE).is_ok_and(|value| value == MAY_MOUNT)
}

/// Says it past the harness, which keeps what a test prints to itself.
pub(crate) fn report(line: &str) {
    let _ = writeln!(std::io::stderr(), "{REPORT}{line}");
}

fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "--"]);
    command
}

/// Reports that this test cannot run here.
pub(crate) fn not_run(test: &str, why: &str) {
    let required = std::env::var_os("HOT_RELOAD_REQUIRE").is_some();
    assert!(!required, "{test} cannot run: {why}");
    let _ = writeln!(std::io::stderr(), "{NOT_RUN}{test}: {why}");
}

const INSIDE: &str = "HOT_RELOAD_CONVERGENCE_APART";
const MAY_MOUNT: &str = "mounts";
const REPORT: &str = "convergence: ";
const NOT_RUN: &str = "not run: ";
