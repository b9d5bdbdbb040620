//! The log: its filter, its format, and hung or failing readers of standard error.

use std::fs::File;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::support::{Program, command, command_after, get, until_id};
use crate::{config, folder_with, save};

#[tokio::test]
async fn log_filter_follows_the_file() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &["--log-format", "text"]);
    let address = program.address().await;
    save(&file, &format!("log = 'server_lib=error'\n{}", config(2)));
    until_id(address, 2).await;
    save(&file, &config(3));
    until_id(address, 3).await;
    program.line("log filter applied filter=\"info\"").await;
    // The third was applied while the filter of the second was in force.
    assert_eq!(program.count("configuration applied generation=2 "), 1);
    assert_eq!(program.count("configuration applied generation=3 "), 0);
}

#[tokio::test]
async fn log_lines_can_be_json() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &["--log-format", "json"]);
    let line = program.line("\"listening\"").await;
    assert!(
        line.starts_with('{') && line.ends_with('}') && line.contains("\"address\":\"127.0.0.1:"),
        "{line}"
    );
}

#[tokio::test]
async fn log_filter_of_the_environment_holds_until_an_edit() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start_with(
        &file,
        &["-w", "realtime"],
        &[("SERVER_LOG", "server_lib=debug")],
    );
    let address = program.address().await;
    assert_eq!(program.count("log filter applied"), 0);
    save(&file, &format!("log = 'server_bin=info'\n{}", config(2)));
    until_id(address, 2).await;
    program
        .line("log filter applied filter=\"server_bin=info\"")
        .await;
}

#[tokio::test]
async fn invalid_log_filter_in_the_environment_is_78() {
    let (_folder, file) = folder_with(&config(1));
    let mut program = Program::start_with(&file, &[], &[("SERVER_LOG", "loud=chatty")]);
    assert_eq!(program.ended().await.code(), Some(78));
    let lines = program.all_lines().await;
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].starts_with("SERVER_LOG: expected a log filter, such as "),
        "{lines:#?}"
    );
}

#[tokio::test]
async fn misspelt_log_level_is_rejected_and_logged() {
    let (_folder, file) = folder_with(&config(1));
    let program = Program::start(&file, &[]);
    let address = program.address().await;
    for (round, word) in ["inof", "warning", "verbose", "server_lib=inof"]
        .iter()
        .enumerate()
    {
        save(&file, &format!("log = '{word}'\n{}", config(2)));
        program.lines("(did you mean \"", round + 1).await;
    }
    assert_eq!(
        program.count("config.toml:1:7: log: expected a log filter, "),
        4
    );
    assert_eq!(get(address, "/").await.id(), 1);
    // A filter that names only targets lets the errors of all others through.
    save(&file, &format!("log = 'server_lib=debug'\n{}", config(3)));
    until_id(address, 3).await;
    save(
        &file,
        &format!(
            "log = 'server_lib=debug'\n{}",
            config(4).replace("id = 4", "id = ''")
        ),
    );
    program.line("id: expected u64, found ").await;
}

#[tokio::test]
async fn misspelt_level_in_the_environment_is_78() {
    let (_folder, file) = folder_with(&config(1));
    for (name, value) in [("SERVER_LOG", "inof"), ("RUST_LOG", "verbose")] {
        let mut program = Program::start_with(&file, &[], &[(name, value)]);
        assert_eq!(program.ended().await.code(), Some(78));
        let lines = program.all_lines().await;
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert!(lines[0].starts_with(&format!("{name}: ")), "{lines:#?}");
        assert!(lines[0].contains("(did you mean \""), "{lines:#?}");
    }
}

#[tokio::test]
async fn failed_start_is_one_json_object_with_format_json() {
    let (_folder, file) = folder_with("id = 'one'\n");
    let mut program = Program::start(&file, &["--log-format", "json"]);
    assert_eq!(program.ended().await.code(), Some(78));
    let lines = program.all_lines().await;
    assert_eq!(lines.len(), 1, "{lines:#?}");
    let line = &lines[0];
    assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    assert!(line.contains("\"level\":\"ERROR\""), "{line}");
    assert!(
        line.contains("config.toml:1:6: id: expected u64, found \\\"one\\\""),
        "{line}"
    );
}

/// A server whose standard error is a pipe; the test stops reading it once the server listens.
struct Unread {
    child: Child,
    stderr: BufReader<ChildStderr>,
    address: SocketAddr,
}

impl Unread {
    async fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        // The smallest possible pipe.
        rustix::pipe::fcntl_setpipe_size(&stderr, 4096).unwrap();
        let mut stderr = BufReader::with_capacity(1, stderr);
        let address = loop {
            let mut line = String::new();
            timeout(DEADLINE, stderr.read_line(&mut line))
                .await
                .unwrap()
                .unwrap();
            if let Some((_, rest)) = line.split_once("listening address=") {
                break rest.split(' ').next().unwrap().trim().parse().unwrap();
            }
        };
        Self {
            child,
            stderr,
            address,
        }
    }

    /// Causes at least one log line at `debug` for each of these connections.
    async fn disturb(&self, connections: usize) {
        for _ in 0..connections {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            stream.write_all(b"this is not HTTP\r\n\r\n").await.unwrap();
            let mut answer = Vec::new();
            let answered = stream.read_to_end(&mut answer);
            timeout(DEADLINE, answered)
                .await
                .expect("it no longer answers")
                .unwrap();
        }
    }

    async fn stop(&mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap();
        rustix::process::kill_process(pid, Signal::TERM).unwrap();
        timeout(DEADLINE, self.child.wait())
            .await
            .expect("it does not end")
            .unwrap()
            .code()
    }
}

/// The deadline of each step.
const DEADLINE: Duration = Duration::from_secs(60);

fn serve(mut command: Command, file: &std::path::Path) -> Command {
    command.arg("--config").arg(file);
    command
}

#[tokio::test]
async fn hung_log_reader_does_not_block_edits_requests_or_the_stop() {
    let (_folder, file) = folder_with(&format!("log = 'debug'\n{}", config(1)));
    let mut server = Unread::start(serve(command(), &file)).await;
    server.disturb(100).await;
    save(&file, &format!("log = 'trace'\n{}", config(2)));
    until_id(server.address, 2).await;
    save(&file, "id = 'bad'");
    save(&file, &config(3));
    until_id(server.address, 3).await;
    assert_eq!(server.stop().await, Some(0));
}

#[tokio::test]
async fn resumed_log_reader_gets_whole_lines_and_the_number_dropped() {
    let (_folder, file) = folder_with(&format!("log = 'debug'\n{}", config(1)));
    let mut server = Unread::start(serve(command(), &file)).await;
    // More lines than fit into the queue and the pipe.
    server.disturb(5000).await;
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        timeout(DEADLINE, server.stderr.read_line(&mut line))
            .await
            .unwrap()
            .unwrap();
        assert!(line.ends_with('\n'), "{line:?}");
        lines.push(line);
        if lines[lines.len() - 1].contains("log lines were dropped") {
            break;
        }
    }
    let report = lines.last().unwrap();
    assert!(
        report.contains(" log lines were dropped because standard error did not take them"),
        "{report}"
    );
    assert!(lines.len() > 1000, "{}", lines.len());
    let times: Vec<&str> = lines.iter().map(|line| &line[..27]).collect();
    assert!(times.is_sorted(), "the lines are out of order");
    // The log goes on, up to its last line.
    assert_eq!(server.stop().await, Some(0));
    let mut rest = String::new();
    server.stderr.read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with('\n') && rest.contains("stopping"), "{rest}");
}

/// Every kind of standard error that cannot be written.
fn broken(file: &std::path::Path) -> Vec<(&'static str, Command)> {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let widowed = || -> OwnedFd { rustix::pipe::pipe().unwrap().1 };
    let mut commands = vec![
        ("full", command()),
        ("without a reader", command()),
        ("closed", command_after("", "2>&-")),
        (
            "beyond the largest size of a file",
            command_after("ulimit -f 0", "2>log"),
        ),
    ];
    commands[0].1.stderr(full());
    commands[1].1.stderr(widowed());
    for (_, command) in &mut commands {
        command
            .arg("--config")
            .arg(file)
            .current_dir(file.parent().unwrap());
    }
    commands
}

#[tokio::test]
async fn unwritable_standard_error_changes_no_exit_code() {
    let (_folder, file) = folder_with("id = 'bad'");
    for (how, mut command) in broken(&file) {
        let ended = timeout(DEADLINE, command.status()).await.unwrap().unwrap();
        assert_eq!(ended.code(), Some(78), "{how}");
    }
    for (how, mut command) in broken(&file) {
        let ended = timeout(DEADLINE, command.arg("--wrong").status())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(ended.code(), Some(2), "{how}");
    }
}

#[tokio::test]
async fn unwritable_standard_error_does_not_stop_the_server() {
    // A fixed address, since the line with the address cannot be read.
    let [high, low] = u16::try_from(std::process::id() % 65_000)
        .unwrap()
        .to_be_bytes();
    let address = SocketAddr::from(([127, 77, high, low], 8080));
    let at = |id| config(id).replace("127.0.0.1:0", &address.to_string());
    let (_folder, file) = folder_with("");
    for (how, mut command) in broken(&file) {
        save(&file, &format!("log = 'trace'\n{}", at(1)));
        let mut child = command.spawn().unwrap();
        until_served(address, 1).await;
        save(&file, "id = 'bad'");
        save(&file, &at(2));
        until_served(address, 2).await;
        let pid = rustix::process::Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
        rustix::process::kill_process(pid, Signal::TERM).unwrap();
        let ended = timeout(DEADLINE, child.wait()).await.unwrap().unwrap();
        assert_eq!(ended.code(), Some(0), "{how}");
    }
}

/// Waits until a server on this address serves the configuration with this id.
async fn until_served(address: SocketAddr, id: u64) {
    crate::support::until(|| async { TcpStream::connect(address).await.ok() }).await;
    until_id(address, id).await;
}

#[tokio::test]
async fn help_and_version_end_with_0_on_any_standard_output() {
    for argument in ["--help", "--version"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let widowed: OwnedFd = rustix::pipe::pipe().unwrap().1;
        let outputs = [Stdio::from(full), Stdio::from(widowed), Stdio::null()];
        for output in outputs {
            let ended = command()
                .arg(argument)
                .stdout(output)
                .status()
                .await
                .unwrap();
            assert_eq!(ended.code(), Some(0));
        }
        let ended = command_after("", ">&-")
            .arg(argument)
            .status()
            .await
            .unwrap();
        assert_eq!(ended.code(), Some(0));
        let output = command().arg(argument).output().await.unwrap();
        assert!(output.status.success() && output.stdout.ends_with(b"\n"));
        // A full pipe without a reader.
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        rustix::pipe::fcntl_setpipe_size(&writer, 4096).unwrap();
        rustix::io::write(&writer, &[b'-'; 4096]).unwrap();
        let hung = command().arg(argument).stdout(Stdio::from(writer)).status();
        let ended = timeout(DEADLINE, hung).await.expect("it hangs").unwrap();
        assert_eq!(ended.code(), Some(0));
        drop(reader);
    }
}
