//! The program under test: starts it, reads its log, and stops it.
#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[path = "../../../server-lib/tests/it/support/client.rs"]
pub(crate) mod client;
pub(crate) mod load;

use std::env;
use std::env::consts::EXE_SUFFIX;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use self::client::{Client, Reply};

/// How long anything may take before it counts as never.
const DEADLINE: Duration = Duration::from_secs(30);

/// The start of the line that names the listen address.
const LISTENS: &str = "listening address=";

/// A running program. It is killed when it is dropped.
pub(crate) struct Program {
    child: Child,
    /// The lines that it has written to standard error so far.
    lines: watch::Receiver<Vec<String>>,
    /// The same lines, so that tests can remove some.
    taken: Weak<watch::Sender<Vec<String>>>,
}

impl Program {
    /// Starts the program with this file and these arguments.
    pub(crate) fn start(config: &Path, arguments: &[&str]) -> Self {
        Self::start_with(config, arguments, &[])
    }

    /// The same with these variables in its environment.
    pub(crate) fn start_with(
        config: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = command();
        command.arg("--config").arg(config).args(arguments);
        command.envs(variables.iter().copied());
        Self::run(command)
    }

    /// Starts the program within these limits, given as arguments of the shell's `ulimit`.
    pub(crate) fn start_within(limits: &str, config: &Path) -> Self {
        let mut command = command_after(&format!("ulimit {limits} || exit"), "");
        command.arg("--config").arg(config);
        Self::run(command)
    }

    /// Starts a copy of the program in this folder, as a user that owns no files. `None` unless the test runs as root.
    #[cfg(unix)]
    pub(crate) fn start_as_somebody(folder: &Path, config: &Path) -> Option<Self> {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt;
        if !rustix::process::getuid().is_root() {
            let why = "not run: only root can run the server as another user";
            assert!(env::var_os("HOT_RELOAD_REQUIRE").is_none(), "{why}");
            eprintln!("{why}");
            return None;
        }
        let copy = folder.join("program");
        std::fs::copy(program(), &copy).unwrap();
        for path in [folder, &copy] {
            set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        let mut command = clean(Command::new(copy));
        command.uid(20_000).gid(20_000).current_dir(folder);
        command.arg("--config").arg(config);
        Some(Self::run(command))
    }

    /// Runs this command and reads its lines.
    pub(crate) fn run(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, lines) = watch::channel(Vec::new());
        let sender = Arc::new(sender);
        let taken = Arc::downgrade(&sender);
        tokio::spawn(async move {
            while let Ok(Some(line)) = stderr.next_line().await {
                sender.send_modify(|lines| lines.push(line));
            }
        });
        Self {
            child,
            lines,
            taken,
        }
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Waits for a line that has this text, and gives it.
    pub(crate) async fn line(&self, text: &str) -> String {
        let mut lines = self.lines.clone();
        let has = |lines: &Vec<String>| lines.iter().any(|line| line.contains(text));
        let found = match timeout(DEADLINE, lines.wait_for(has)).await {
            Ok(Ok(lines)) => lines.iter().find(|line| line.contains(text)).cloned(),
            _ => None,
        };
        found.unwrap_or_else(|| panic!("no line with {text:?} in {:#?}", self.lines.borrow()))
    }

    /// Waits for a line with this text, and removes it and all lines before it. Checks that each is a log line and none
    /// reports a panic.
    pub(crate) async fn take_line(&mut self, text: &str) -> String {
        let found = self.line(text).await;
        let mut lines = Vec::new();
        let taken = self.taken.upgrade().expect("it has ended");
        taken.send_modify(|all| {
            let at = all.iter().position(|line| line.contains(text)).unwrap();
            lines = all.drain(..=at).collect();
        });
        for line in &lines {
            let dated = line.starts_with("20") && line.get(26..27) == Some("Z");
            assert!(dated && !line.contains(char::is_control), "{line:?}");
            assert!(!line.contains("panicked"), "{line}");
        }
        found
    }

    /// Waits until this many lines have this text.
    pub(crate) async fn lines(&self, text: &str, count: usize) {
        let mut lines = self.lines.clone();
        let found =
            |lines: &Vec<String>| lines.iter().filter(|line| line.contains(text)).count() >= count;
        let found = timeout(DEADLINE, lines.wait_for(found)).await;
        assert!(
            matches!(found, Ok(Ok(_))),
            "not {count} lines with {text:?} in {:#?}",
            self.lines.borrow()
        );
    }

    /// How many lines so far have this text.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.lines
            .borrow()
            .iter()
            .filter(|line| line.contains(text))
            .count()
    }

    /// All lines, once the program has ended.
    pub(crate) async fn all_lines(&mut self) -> Vec<String> {
        // The channel closes when the last line has been read.
        let _ = timeout(DEADLINE, self.lines.wait_for(|_| false)).await;
        self.lines.borrow().clone()
    }

    /// Waits until it listens, and says where.
    pub(crate) async fn address(&self) -> SocketAddr {
        let line = self.line(LISTENS).await;
        let (_, rest) = line.split_once("address=").unwrap();
        rest.split(' ').next().unwrap().parse().unwrap()
    }

    /// Waits until the program listens, and returns its address, or until it has ended.
    pub(crate) async fn started(&mut self) -> Result<SocketAddr, ExitStatus> {
        let mut lines = self.lines.clone();
        let listens = |lines: &Vec<String>| lines.iter().any(|line| line.contains(LISTENS));
        let either = async {
            tokio::select! {
                Ok(_) = lines.wait_for(listens) => None,
                status = self.child.wait() => Some(status.unwrap()),
            }
        };
        match timeout(DEADLINE, either).await {
            Ok(None) => Ok(self.address().await),
            Ok(Some(status)) => Err(status),
            Err(_) => panic!("it neither listens nor ends: {:#?}", self.lines.borrow()),
        }
    }

    /// Sends a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.pid().cast_signed()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for the end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        timeout(DEADLINE, self.child.wait())
            .await
            .expect("it should have ended")
            .unwrap()
    }
}

/// The program, without arguments. It is killed when its child is dropped.
pub(crate) fn command() -> Command {
    clean(Command::new(program()))
}

/// The program under a shell that first runs `before`, such as `trap "" HUP`, and applies these redirections.
pub(crate) fn command_after(before: &str, redirections: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{before}\nexec \"$0\" \"$@\" {redirections}"))
        .arg(program());
    clean(command)
}

/// The program is built beside this one: `…/debug/deps/test`, `…/debug/examples/example`, `…/debug/server-bin`.
fn program() -> PathBuf {
    let this = env::current_exe().unwrap();
    let folder = this.ancestors().nth(2).unwrap();
    folder.join(format!("server-bin{EXE_SUFFIX}"))
}

fn clean(mut command: Command) -> Command {
    command
        .env_remove("RUST_LOG")
        .env_remove("SERVER_LOG")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The answer on a connection of its own.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Reply {
    Client::connect(address).await.get(path).await
}

/// Asks until there is an answer.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(DEADLINE, asking)
        .await
        .expect("it should have happened by now")
}

/// Waits until the configuration of this number is served.
pub(crate) async fn until_id(address: SocketAddr, id: u64) {
    until(|| async { (get(address, "/").await.id() == id).then_some(()) }).await;
}
