//! [`Twin`]: a child process of this program that runs the same test and reports its progress.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, getuid, kill_process};

use crate::census::say;

/// A process that does not outlive the test, asleep or not.
pub(crate) struct Twin {
    child: Child,
    lines: BufReader<ChildStdout>,
    orders: ChildStdin,
    heard: String,
}

/// The path that this process was started with, if it is the twin.
pub(crate) fn task() -> Option<OsString> {
    std::env::var_os(TASK)
}

impl Twin {
    /// Starts the test of this name, with its module, as the twin.
    pub(crate) fn start(test: &str, task: impl AsRef<OsStr>) -> Self {
        Self::start_with(test, task, |_| {})
    }

    pub(crate) fn start_with(
        test: &str,
        task: impl AsRef<OsStr>,
        configure: impl FnOnce(&mut Command),
    ) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        configure(&mut command);
        Self::run(command, test, task.as_ref())
    }

    /// The same as another user, who owns the folder. Only root can do that; without it, this is reported, or fails where a
    /// test that cannot run here has failed.
    pub(crate) fn start_as_somebody(
        test: &str,
        folder: &Path,
        task: impl AsRef<OsStr>,
    ) -> Option<(Self, u32)> {
        if !getuid().is_root() {
            let why = format!("not run: {test}: only root can run a part of it as another user");
            assert!(std::env::var_os("HOT_RELOAD_REQUIRE").is_none(), "{why}");
            let _ = writeln!(std::io::stderr(), "{why}");
            return None;
        }
        let user = 20_000 + std::process::id() % 40_000;
        chown(folder, Some(user), Some(user)).unwrap();
        // Another user may have no access to the folder of the test program.
        let program = folder.join("program");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new(program);
        command.uid(user).gid(user).current_dir(folder);
        Some((Self::run(command, test, task.as_ref()), user))
    }

    fn run(mut command: Command, test: &str, task: &OsStr) -> Self {
        let mut child = command
            .args([test, "--exact", "--nocapture"])
            .env(TASK, task)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            lines: BufReader::new(child.stdout.take().unwrap()),
            orders: child.stdin.take().unwrap(),
            child,
            heard: String::new(),
        }
    }

    /// Waits until it says this, on a line of its own.
    pub(crate) fn expect(&mut self, line: &str) {
        loop {
            let start = self.heard.len();
            let read = self.lines.read_line(&mut self.heard).unwrap();
            let heard = &self.heard;
            assert_ne!(read, 0, "it ended before {line:?}: {heard}");
            if heard[start..].trim_end() == line {
                return;
            }
        }
    }

    /// Lets it go on.
    pub(crate) fn order(&mut self, what: &str) {
        writeln!(self.orders, "{what}").unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        signal_to(&self.child, signal);
    }

    /// Waits for its good end.
    pub(crate) fn end(mut self) {
        while self.lines.read_line(&mut self.heard).unwrap() > 0 {}
        let (status, heard) = (self.child.wait().unwrap(), &self.heard);
        assert!(status.success(), "{heard}");
        assert!(heard.contains("1 passed"), "it was not run: {heard}");
        say(heard);
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn signal_to(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Says how far it is. The harness begins a line that it does not end.
pub(crate) fn report(line: &str) {
    say(&format!("\n{line}"));
}

/// Waits for an order. Blocks.
pub(crate) fn await_order(what: &str) {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    assert_eq!(line.trim_end(), what);
}

const TASK: &str = "HOT_RELOAD_TEST_TASK";
