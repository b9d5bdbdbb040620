//! The program under test: started, listened to, told to stop.
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
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use self::client::{Client, Reply};

/// How long anything may take before it counts as never.
const DEADLINE: Duration = Duration::from_secs(30);

/// A running program. It is killed when it is dropped.
pub(crate) struct Program {
    child: Child,
    /// What it has written to standard error so far, line by line.
    lines: watch::Receiver<Vec<String>>,
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
        let mut command = Command::new(binary());
        command
            .env_remove("SERVER_LOG")
            .arg("--config")
            .arg(config)
            .args(arguments)
            .envs(variables.iter().copied());
        Self::launch(command)
    }

    /// Starts the program within limits of the system, as the shell's `ulimit` understands them.
    pub(crate) fn start_within(limits: &str, config: &Path) -> Self {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("ulimit {limits} && exec \"$0\" \"$@\""))
            .arg(binary())
            .env_remove("SERVER_LOG")
            .arg("--config")
            .arg(config);
        Self::launch(command)
    }

    fn launch(mut command: Command) -> Self {
        let mut child = command
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, lines) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = stderr.next_line().await {
                sender.send_modify(|lines| lines.push(line));
            }
        });
        Self { child, lines }
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
        let line = self.line("listening address=").await;
        let (_, rest) = line.split_once("address=").unwrap();
        rest.split(' ').next().unwrap().parse().unwrap()
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

/// Built beside this one: `…/debug/deps/test`, `…/debug/examples/example`, `…/debug/server-bin`.
fn binary() -> PathBuf {
    let this = env::current_exe().unwrap();
    let folder = this.ancestors().nth(2).unwrap();
    folder.join(format!("server-bin{EXE_SUFFIX}"))
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
