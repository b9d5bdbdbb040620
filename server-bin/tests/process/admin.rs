//! The admin endpoints of the running program, and the commands that send requests to them.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::{config, folder_with, save, until_id};
use crate::support::Program;

/// A running server with its admin endpoints on a unix socket.
struct Server {
    folder: TempDir,
    file: std::path::PathBuf,
    program: Program,
}

impl Server {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    async fn start_with(arguments: &[&str]) -> Self {
        let (folder, file) = folder_with(&config(1));
        let admin = admin(folder.path());
        let program = Program::start(&file, &[&["--admin", &*admin], arguments].concat());
        program.address().await;
        Self {
            folder,
            file,
            program,
        }
    }

    /// Runs a command. Returns its exit code, and what it prints to both streams.
    async fn ask(&self, arguments: &[&str]) -> (Option<i32>, String) {
        ask(arguments, &admin(self.folder.path())).await
    }

    /// The text with the folder taken out.
    fn plain(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }

    async fn edit(&self, text: &str, log: &str) {
        save(&self.file, text);
        self.program.line(log).await;
    }
}

fn admin(folder: &Path) -> String {
    format!("unix:{}", folder.join("admin.sock").display())
}

async fn ask(arguments: &[&str], admin: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server-bin"));
    command.args(arguments).env("SERVER_ADMIN", admin);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn status_says_why_an_edit_was_refused() {
    let server = Server::start().await;
    let (code, page) = server.ask(&["status"]).await;
    assert_eq!(code, Some(0), "{page}");
    assert!(
        page.starts_with("config  generation 1, fresh, published "),
        "{page}"
    );

    server
        .edit("id = 1\nname = 'a'\nlisten = 80\n", "rejected")
        .await;
    let (code, page) = server.ask(&["status"]).await;
    let page = server.plain(&page);
    assert_eq!(code, Some(3), "{page}");
    let line = "REJECTED at stage decode: config.toml:3:10: listen: expected a string, found 80";
    assert!(page.contains(line), "{page}");

    let (_, page) = server.ask(&["status", "--json"]).await;
    let status: serde_json::Value = serde_json::from_str(&page).unwrap();
    let error = &status["targets"][0]["last_attempt"]["error"];
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("config.toml:3:10: "),
        "{error}"
    );
}

#[tokio::test]
async fn reload_answers_with_the_outcome() {
    let server = Server::start().await;
    assert_eq!(
        server.ask(&["reload"]).await,
        (Some(0), "config: unchanged\n".to_owned())
    );
    server.edit("id = 'x'\n", "rejected").await;
    let (code, page) = server.ask(&["reload", "--target", "config"]).await;
    assert_eq!(code, Some(1));
    assert!(
        page.starts_with("config: rejected at stage decode: "),
        "{page}"
    );
    let (code, page) = server.ask(&["reload", "--target", "nothing"]).await;
    assert_eq!(
        (code, &*page),
        (
            Some(1),
            "error: no target is named \"nothing\"; known: config\n"
        )
    );
}

#[tokio::test]
async fn plan_says_what_a_reload_would_do_without_an_effect() {
    let server = Server::start_with(&["--watch-mode", "polling", "--interval", "86400"]).await;
    save(&server.file, &config(2));
    let (code, page) = server.ask(&["plan"]).await;
    assert_eq!(code, Some(0), "{page}");
    assert!(page.starts_with("config: would be published\n"), "{page}");
    assert!(
        server
            .ask(&["status"])
            .await
            .1
            .starts_with("config  generation 1, ")
    );
    save(&server.file, "id = 'x'\n");
    let (code, page) = server.ask(&["plan"]).await;
    assert_eq!(code, Some(1));
    assert!(
        page.starts_with("config: would be rejected at stage decode: "),
        "{page}"
    );
}

#[tokio::test]
async fn rollback_has_a_banner_in_the_status_until_resume() {
    let server = Server::start().await;
    let address = server.program.address().await;
    server.edit(&config(2), "generation=2").await;
    let (code, page) = server.ask(&["rollback"]).await;
    assert_eq!(
        (code, &*page),
        (Some(0), "config: published as generation 3\n")
    );
    until_id(address, 1).await;
    let (code, page) = server.ask(&["status"]).await;
    assert_eq!(code, Some(3));
    assert!(page.contains("HELD (rollback), "), "{page}");
    let (code, page) = server.ask(&["resume"]).await;
    assert_eq!(
        (code, &*page),
        (Some(0), "config: published as generation 4\n")
    );
    until_id(address, 2).await;
    let (code, page) = server.ask(&["rollback", "99"]).await;
    assert_eq!(code, Some(1));
    assert!(
        page.starts_with("error: generation 99 is not retained; retained: "),
        "{page}"
    );
}

#[tokio::test]
async fn configuration_that_is_confirmed_stays() {
    let server = Server::start_with(&["--confirm-within", "3600"]).await;
    server.edit(&config(2), "must be confirmed within").await;
    let (code, page) = server.ask(&["status"]).await;
    assert_eq!(code, Some(3));
    assert!(
        page.contains("ON PROBATION: generation 2; `confirm 2` keeps it, at "),
        "{page}"
    );
    let (code, page) = server.ask(&["confirm", "2"]).await;
    assert_eq!(
        (code, &*page),
        (Some(0), "config: generation 2 confirmed\n")
    );
    assert_eq!(server.ask(&["status"]).await.0, Some(0));
    let (code, page) = server.ask(&["confirm", "2"]).await;
    assert_eq!(
        (code, &*page),
        (Some(1), "error: generation 2 is not on probation\n")
    );
}

#[tokio::test]
async fn configuration_that_nobody_confirms_is_rolled_back() {
    let server = Server::start_with(&["--confirm-within", "1"]).await;
    let address = server.program.address().await;
    server.edit(&config(2), "must be confirmed within").await;
    server.program.line("rolled back").await;
    until_id(address, 1).await;
}

#[tokio::test]
async fn pause_holds_an_edit_until_resume() {
    let server = Server::start().await;
    assert_eq!(server.ask(&["pause"]).await.0, Some(0));
    server.edit(&config(2), "held").await;
    let (code, page) = server.ask(&["status"]).await;
    assert_eq!(code, Some(3));
    assert!(page.contains("HELD (paused), "), "{page}");
    assert_eq!(
        server.ask(&["resume"]).await.1,
        "config: published as generation 2\n"
    );
}

#[tokio::test]
async fn events_and_explanation_show_the_loads() {
    let server = Server::start().await;
    server.edit(&config(2), "generation=2").await;
    let (code, page) = server.ask(&["events"]).await;
    assert_eq!(code, Some(0));
    assert!(
        page.contains(" config: published as generation 1 (startup)\n"),
        "{page}"
    );
    assert!(
        page.contains(" config: published as generation 2 (watch)\n"),
        "{page}"
    );
    let (_, page) = server.ask(&["events", "--target", "other"]).await;
    assert_eq!(page, "");
    let (_, page) = server
        .ask(&["events", "--json", "--target", "config"])
        .await;
    let last: serde_json::Value = serde_json::from_str(page.lines().last().unwrap()).unwrap();
    assert_eq!(last["target"], "config");
    let (code, page) = server.ask(&["explain"]).await;
    assert_eq!(code, Some(0));
    assert!(page.contains("\"generation\": 2"), "{page}");
}

#[tokio::test]
async fn metrics_are_beside_the_admin_endpoints() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, config(1)).unwrap();
    // A port that is free now.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let program = Program::start(&file, &["--admin", &free.to_string()]);
    program.address().await;
    let page = crate::support::get(free, "/metrics").await;
    assert_eq!(page.status, 200);
    assert!(
        page.body
            .contains("server_config_generation{target=\"config\"} 1"),
        "{}",
        page.body
    );
    assert!(page.body.ends_with("# EOF\n"));
    assert_eq!(crate::support::get(free, "/-/ready").await.status, 200);
}

#[tokio::test]
async fn instances_with_one_key_have_one_revision_for_equal_configurations() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "000102030405060708090a0b0c0d0e0f\n").unwrap();
    let key = key.display().to_string();
    let mut revisions = Vec::new();
    for id in [1, 1, 2] {
        let server = Server::start_with(&["--revision-key-file", &key]).await;
        // The two ports differ unless both are any port.
        server.edit(&config(id + 10), "generation=2").await;
        let (_, page) = server.ask(&["status", "--json"]).await;
        let status: serde_json::Value = serde_json::from_str(&page).unwrap();
        revisions.push(status["targets"][0]["value_revision"].to_string());
    }
    assert_eq!(revisions[0], revisions[1]);
    assert_ne!(revisions[0], revisions[2]);
    assert_eq!(revisions[0].len(), 34, "{revisions:?}");
}

#[tokio::test]
async fn foreign_address_without_a_token_exits_with_78() {
    let (_folder, file) = folder_with(&config(1));
    let mut program = Program::start(&file, &["--admin", "0.0.0.0:0"]);
    assert_eq!(program.ended().await.code(), Some(78));
    let lines = program.all_lines().await;
    let last = lines.last().unwrap();
    assert!(
        last.starts_with("--admin: ") && last.contains("token"),
        "{last}"
    );
}

#[tokio::test]
async fn followed_events_end_with_the_server_or_by_a_signal() {
    let server = Server::start().await;
    let follow = || {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_server-bin"));
        let command = command.args(["events", "--follow"]);
        let command = command.env("SERVER_ADMIN", admin(server.folder.path()));
        command
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut followers = [follow(), follow()];
    for follower in &mut followers {
        let lines = BufReader::new(follower.stdout.as_mut().unwrap());
        let line = lines.lines().next_line().await.unwrap().unwrap();
        assert!(line.contains(" config: watch "), "{line}");
    }
    let [interrupted, ended] = &mut followers;
    let pid = interrupted.id().unwrap().try_into().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, Signal::INT).unwrap();
    let status = interrupted.wait().await.unwrap();
    assert_eq!(status.signal(), Some(Signal::INT.as_raw()));
    server.program.signal(Signal::TERM);
    assert_eq!(ended.wait().await.unwrap().code(), Some(4));
}

#[tokio::test]
async fn unreachable_server_exits_with_4() {
    let folder = tempfile::tempdir().unwrap();
    let (code, page) = ask(&["status"], &admin(folder.path())).await;
    assert_eq!(code, Some(4));
    assert!(
        page.starts_with("error: cannot reach the server at unix:"),
        "{page}"
    );
}

#[tokio::test]
async fn audit_log_says_what_changed_the_configuration_and_when() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let file = log.path().display().to_string();
    let mut server = Server::start_with(&["--audit-log", &file]).await;
    server.edit("id = 'x'\n", "rejected").await;
    server.edit(&config(2), "generation=2").await;
    server.ask(&["pause"]).await;
    server.program.signal(Signal::TERM);
    assert_eq!(server.program.ended().await.code(), Some(0));
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let outcomes: Vec<_> = lines
        .iter()
        .filter_map(|line| line["outcome"].as_str())
        .collect();
    assert!(
        outcomes.starts_with(&["published", "rejected", "published"]),
        "{text}"
    );
    assert_eq!(
        (&lines[1]["trigger"], &lines[1]["target"]),
        (&"watch".into(), &"config".into())
    );
}

#[tokio::test]
async fn unusable_audit_log_exits_with_78() {
    let (folder, file) = folder_with(&config(1));
    let log = folder.path().join("none/audit.log").display().to_string();
    let mut program = Program::start(&file, &["--audit-log", &log]);
    assert_eq!(program.ended().await.code(), Some(78));
    let lines = program.all_lines().await;
    assert!(
        lines.last().unwrap().starts_with("--audit-log: "),
        "{lines:?}"
    );
}
