//! Runs a test that mounts or exhausts a resource in a process with private namespaces.
#![allow(dead_code, reason = "each program of tests uses a part of it")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Whether this process may mount. If not, the test is run again in one that may, and this one has nothing left to do.
///
/// Where that is not allowed, it is reported; with `HOT_RELOAD_REQUIRE` it is a failure.
pub(crate) fn is_ours(test: &str) -> bool {
    let trial = ["mount", "-t", "tmpfs", "none", "/proc"];
    is_inside(
        test,
        &["--mount", "--propagation", "private"],
        &trial,
        "it takes root, and the programs unshare and mount",
    )
}

/// The same where this process may lower the limits of its user without anybody else's being lowered.
pub(crate) fn has_limits_of_its_own(test: &str) -> bool {
    let trial = ["sh", "-c", "echo 100 > /proc/sys/user/max_inotify_watches"];
    is_inside(
        test,
        &["--user", "--map-root-user"],
        &trial,
        "it takes the right to make a user namespace, and the program unshare",
    )
}

fn is_inside(test: &str, namespace: &[&str], trial: &[&str], takes: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(namespace).arg("--");
        command
    };
    let possible = unshare().args(trial).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        not_run(test, takes);
        return false;
    }
    let output = unshare()
        .arg(std::env::current_exe().unwrap())
        .args([test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    passed(&output);
    false
}

fn passed(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains(" 1 passed"), "it was not run: {text}");
}

/// Whether permissions count for this process. If not, since it is root's, the test is run again as another user, and
/// this one has nothing left to do.
pub(crate) fn obeys_permissions(test: &str) -> bool {
    if !rustix::process::getuid().is_root() {
        return true;
    }
    // Another user may have no access to the folder of the test program.
    let user = 20_000 + std::process::id() % 40_000;
    let program = std::env::temp_dir().join(format!("hot-reload-user-{user}"));
    // Copied by another process. A child of another test would inherit the open copy, and a program that is open for writing
    // cannot run.
    let copied = Command::new("cp")
        .arg(std::env::current_exe().unwrap())
        .arg(&program)
        .status();
    assert!(copied.unwrap().success());
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new(&program)
        .args([test, "--nocapture"])
        .current_dir("/")
        .uid(user)
        .gid(user)
        .output();
    fs::remove_file(&program).unwrap();
    passed(&output.unwrap());
    false
}

/// Whether this program can be started; if not, that is reported like the rest.
pub(crate) fn has(program: &str, test: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        not_run(test, &format!("it takes the program {program}"));
    }
    found
}

/// Whether a file system can be made in a file and mounted; if not, that is reported like the rest.
pub(crate) fn has_loop_devices(test: &str) -> bool {
    let free = Command::new("losetup").arg("--find").output();
    let found = free.is_ok_and(|output| output.status.success());
    if !found {
        not_run(test, "it takes loop devices");
    }
    found
}

/// Says so past the harness, which keeps what a test prints to itself.
fn not_run(test: &str, why: &str) {
    assert!(
        std::env::var_os("HOT_RELOAD_REQUIRE").is_none(),
        "{test} cannot run: {why}"
    );
    let _ = writeln!(std::io::stderr(), "not run: {test}: {why}");
}

/// A file system that is served by a process, which ends with it.
pub(crate) struct Mounted(PathBuf);

impl Mounted {
    pub(crate) fn by(program: &str, arguments: &[&str], front: &Path) -> Self {
        run(program, arguments, front);
        Self(front.to_owned())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

pub(crate) fn mount(arguments: &[&str], target: &Path) {
    run("mount", arguments, target);
}

pub(crate) fn unmount(arguments: &[&str], target: &Path) {
    run("umount", arguments, target);
}

fn run(program: &str, arguments: &[&str], target: &Path) {
    let output = Command::new(program).args(arguments).arg(target).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {text}");
}

const INSIDE: &str = "HOT_RELOAD_TEST_IN_NAMESPACE";
