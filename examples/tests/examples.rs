//! Runs each example like a person: reads its output, edits its file, presses Ctrl-C.

#![allow(missing_docs, reason = "the names of tests say what they test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic, too")]

// The example shows how the code that reads a group is tested, and that test runs here.
#[allow(dead_code, reason = "the program itself runs as a process")]
#[path = "../typed_group.rs"]
mod typed_group;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// The longest wait for one line of output. Generous, because a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running example with its own temporary folder.
struct Example {
    child: Child,
    lines: Receiver<String>,
    folder: tempfile::TempDir,
}

impl Example {
    fn start(name: &str) -> Self {
        Self::start_with(name, |_, _| {})
    }

    /// The same, with what a function adds to its command. It gets the folder, too.
    fn start_with(name: &str, configure: impl FnOnce(&mut Command, &Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(built(name));
        configure(&mut command, folder.path());
        let mut child = command
            .env("TMPDIR", folder.path())
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self {
            child,
            lines,
            folder,
        }
    }

    /// Reads the output until a line contains this text.
    fn says(&self, text: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen.push(line),
                Err(error) => panic!("{text:?} was not printed ({error}), but {seen:#?}"),
            }
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let kill = Command::new("kill").args([signal, &pid]).status();
        assert!(kill.unwrap().success());
    }

    fn interrupt(mut self) -> ExitStatus {
        self.signal("-INT");
        self.child.wait().unwrap()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds the example's program. Cargo builds the examples of a package before it runs its tests.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples")
        .join(name);
    assert!(
        path.exists(),
        "{} is not built: run `cargo build --examples`",
        path.display()
    );
    path
}

#[test]
fn quickstart_reloads_and_rejects_a_mistake_until_it_is_fixed() {
    let example = Example::start("quickstart");
    example.says("generation 1: AppConfig { greeting: \"hello\", workers: 4 }");
    example.says("Ctrl-C ends the program");
    let file = example.file("hot_reload-quickstart.toml");
    fs::write(&file, "greeting = \"good morning\"\nworkers = 4\n").unwrap();
    example.says("generation 2: AppConfig { greeting: \"good morning\", workers: 4 }");
    fs::write(&file, "greeting = \"good morning\"\nworkers = \"many\"\n").unwrap();
    example.says("quickstart.toml:2:11: workers: expected u16, found \"many\"");
    fs::write(&file, "greeting = \"good evening\"\nworkers = 0\n").unwrap();
    example.says("workers: must not be zero");
    fs::write(&file, "greeting = \"good evening\"\nworkers = 2\n").unwrap();
    example.says("generation 3: AppConfig { greeting: \"good evening\", workers: 2 }");
    assert!(example.interrupt().success());
}

#[test]
fn sync_program_reloads_on_plain_threads_and_stops() {
    let mut example = Example::start("sync_program");
    example.says("hello");
    example.says("edit ");
    let file = example.file("hot_reload-sync_program.toml");
    fs::write(&file, "greeting = \"good morning\"\n").unwrap();
    example.says("good morning");
    fs::write(&file, "greeting = 4\n").unwrap();
    example.says("sync_program.toml:1:12: greeting: ");
    fs::write(&file, "greeting = \"bye\"\n").unwrap();
    example.says("published");
    example.says("stopped");
    assert!(example.child.wait().unwrap().success());
}

#[test]
fn custom_source_shows_a_change_a_mistake_and_its_fix() {
    let mut example = Example::start("custom_source");
    example.says("limit is now 100");
    example.says("limit is now 250");
    example.says("store/limit: rejected at stage decode: store/limit: invalid digit found in string; limit stays 250");
    example.says("limit is now 500");
    example.says("stopped; the last value stays readable: 500");
    assert!(example.child.wait().unwrap().success());
}

#[test]
fn conf_d_merges_files_and_names_the_broken_one() {
    let example = Example::start("conf_d");
    example.says("host: \"localhost\", port: 5432");
    example.says("Ctrl-C ends the program");
    let file = example.file("hot_reload-conf.d").join("20-db.toml");
    fs::write(&file, "[db]\nport = 6432\n").unwrap();
    example.says("generation 2: AppConfig { greeting: \"hello\", db: Db { host: \"localhost\", port: 6432 } }");
    fs::write(&file, "[db]\nport = \"many\"\n").unwrap();
    example.says("hot_reload-conf.d/20-db.toml:2:8: db.port: expected u16, found \"many\"");
    fs::remove_file(&file).unwrap();
    // Removing the file also removes the mistake.
    example.says("generation 3: AppConfig { greeting: \"hello\", db: Db { host: \"localhost\", port: 5432 } }");
    assert!(example.interrupt().success());
}

/// The lines of code of an example, without blank lines and comments.
fn lines(name: &str) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{name}.rs"));
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

#[test]
fn examples_stay_short() {
    for (name, most) in [("layers", 25), ("axum_extractor", 40), ("admin", 40)] {
        let lines = lines(name);
        assert!(lines <= most, "{name}: {lines}");
    }
}

#[test]
fn layers_win_in_order_and_explain_where_a_value_comes_from() {
    let example = Example::start("layers");
    example.says("Ctrl-C ends the program");
    example.says("AppConfig { greeting: \"hello\", workers: 4 }");
    let folder = example.file("hot_reload-layers");
    fs::write(folder.join("conf.d/10-big.toml"), "workers = 9\n").unwrap();
    example.says("AppConfig { greeting: \"hello\", workers: 9 }");
    example.says("workers is 9 in generation 2, from ");
    example.says("conf.d/10-big.toml:1:11), which wins");
    example.says("  defaults: 0");
    fs::write(
        folder.join("conf.d/05-local.toml"),
        "workers = \"many\"\ngreeting = 'local'\n",
    )
    .unwrap();
    // A later layer replaces the wrong value, so the merged value is valid.
    example.says("AppConfig { greeting: \"local\", workers: 9 }");
    fs::remove_file(folder.join("conf.d/10-big.toml")).unwrap();
    example.says("conf.d/05-local.toml:1:11: workers: expected u16, found \"many\"");
    assert!(example.interrupt().success());
}

#[test]
fn log_level_changes_the_filter_and_rejects_an_invalid_one() {
    let example = Example::start("log_level");
    example.says("write a directive");
    example.says("this is shown at info");
    let file = example.file("hot_reload-log_level.txt");
    fs::write(&file, "debug\n").unwrap();
    example.says("the filter is now \"debug\"");
    example.says("this is shown at debug");
    fs::write(&file, "crate=nonsense\n").unwrap();
    example.says("rejected");
    example.says("this is shown at debug");
    assert!(example.interrupt().success());
}

/// The body of the answer to `GET`.
fn ask(address: &str, path: &str) -> String {
    let (status, body) = send(address, &format!("GET {path} HTTP/1.1\r\n"));
    assert_eq!(status, "200", "{path}");
    body
}

/// The status and the body of the answer to a request that begins like this.
fn send(address: &str, head: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("{head}host: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (status.to_owned(), body.to_owned())
}

#[test]
fn axum_extractor_gives_each_request_one_value() {
    let example = Example::start("axum_extractor");
    let said = example.says("curl 127.0.0.1:");
    let address = said.split(['/', ' ']).nth(1).unwrap().to_owned();
    assert_eq!(ask(&address, "/"), "generation 1: hello\n");
    let slow = thread::spawn({
        let address = address.clone();
        move || ask(&address, "/slow")
    });
    example.says("a slow request waits for a change");
    let file = example.file("hot_reload-axum_extractor.toml");
    fs::write(&file, "greeting = \"good morning\"\n").unwrap();
    // It began before the change and is answered after it.
    assert_eq!(slow.join().unwrap(), "hello (now good morning)\n");
    assert_eq!(ask(&address, "/"), "generation 2: good morning\n");
    assert!(example.interrupt().success());
}

#[test]
fn admin_shows_the_status_and_answers_a_reload_with_its_outcome() {
    let example = Example::start("admin");
    let said = example.says("curl http://127.0.0.1:");
    let address = said.split('/').nth(2).unwrap();
    assert_eq!(ask(address, "/"), "hello\n");
    let status = ask(address, "/debug/reload/status?target=config");
    assert!(status.contains("\"generation\":1"), "{status}");
    let reload = |header: &str| send(address, &format!("POST /-/reload HTTP/1.1\r\n{header}"));
    let (code, body) = reload("");
    assert!(
        code == "403" && body.contains("X-Reload: 1"),
        "{code}: {body}"
    );
    let file = example.file("hot_reload-admin.toml");
    fs::write(&file, "greeting = 4\n").unwrap();
    let (code, body) = reload("x-reload: 1\r\n");
    assert_eq!(code, "422", "{body}");
    assert!(body.contains("\"path\":\"greeting\""), "{body}");
    assert_eq!(ask(address, "/"), "hello\n");
    fs::write(&file, "greeting = \"good morning\"\n").unwrap();
    let (code, body) = reload("x-reload: 1\r\n");
    assert_eq!(code, "200", "{body}");
    assert_eq!(ask(address, "/"), "good morning\n");
    assert!(example.interrupt().success());
}

#[test]
fn db_pool_tests_a_pool_before_the_swap_and_drains_the_old_one() {
    let mut example = Example::start("db_pool");
    example.says("generation 1: red answers");
    let refused = example.says("rejected at stage prepare");
    assert!(refused.contains("database: 127.0.0.1:1: "), "{refused}");
    example.says("still red");
    example.says("generation 2: blue answers");
    example.says("a query that was under way is answered by red");
    assert!(example.child.wait().unwrap().success());
}

#[test]
fn all_or_nothing_publishes_two_files_together_or_rejects_both() {
    let mut example = Example::start("all_or_nothing");
    example.says("generation 1: /shop is at 10.0.0.1:80");
    example.says("generation 2: /shop is at 10.0.0.2:80");
    let typo = example.says("rejected: upstreams: ");
    assert!(typo.contains("upstreams.toml:1:"), "{typo}");
    example.says("still at 10.0.0.2:80");
    example.says("rejected: /shop goes to red, which is no upstream");
    example.says("generation 3: /shop is at 10.0.0.3:80");
    assert!(example.child.wait().unwrap().success());
}

#[test]
fn typed_group_rejects_a_file_that_does_not_fit_the_others() {
    let mut example = Example::start("typed_group");
    example.says("rejected: too many users");
    assert!(example.child.wait().unwrap().success());
}

#[test]
fn rollback_works_after_a_failed_probation_and_by_a_person() {
    let mut example = Example::start("rollback");
    example.says("generation 1: Export { batch: 50 }");
    example.says("generation 3, which is 1 again: Export { batch: 50 }");
    let rejected = example.says("the file is rejected at stage commit");
    assert!(
        rejected.contains(
            "generation 2 failed its probation: the partner takes no more than 100 rows at once"
        ),
        "{rejected}"
    );
    example.says("generation 4: Export { batch: 80 }, which has proven itself");
    example.says("rolled back: published as generation 5");
    example.says("generation 5, which is 1 again: Export { batch: 50 }");
    example.says("kept is generation 4: Export { batch: 80 }");
    let held = "rolled back: generation 4 is held until the source changes, or until `resume`";
    example.says(&format!("the status says: {held}"));
    let receipt = example.says("a reload is held");
    assert!(receipt.contains(held), "{receipt}");
    example.says("generation 6: Export { batch: 60 }");
    example.says("in a pause: rejected at stage decode");
    let receipt = example.says("in a pause: held");
    assert!(
        receipt.contains("paused: nothing from the source is published until `resume`"),
        "{receipt}"
    );
    example.says("resumed: generation 7");
    assert!(example.child.wait().unwrap().success());
}

/// The next message to the service manager that is no watchdog keep-alive.
#[cfg(target_os = "linux")]
fn message(socket: &std::os::unix::net::UnixDatagram) -> String {
    let mut buffer = [0; 4096];
    loop {
        let len = socket.recv(&mut buffer).unwrap();
        let text = std::str::from_utf8(&buffer[..len]).unwrap();
        if text != "WATCHDOG=1\n" {
            return text.trim_end().replace('\n', "|");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn systemd_sighup_notifies_of_reloads_refusals_life_and_the_end() {
    use std::os::unix::net::UnixDatagram;

    let mut bound = None;
    let mut example = Example::start_with("systemd_sighup", |command, folder| {
        let path = folder.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        bound = Some(socket);
        command
            .env("NOTIFY_SOCKET", path)
            .env("WATCHDOG_USEC", "200000");
    });
    let socket = bound.unwrap();
    example.says("generation 1: AppConfig { greeting: \"hello\" }");
    assert_eq!(message(&socket), "READY=1|STATUS=config: generation 1");
    let mut buffer = [0; 64];
    let len = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..len], b"WATCHDOG=1\n");

    let file = example.file("hot_reload-systemd_sighup.toml");
    fs::write(&file, "greeting = \"good morning\"\n").unwrap();
    example.signal("-HUP");
    let reloading = message(&socket);
    assert!(
        reloading.starts_with("RELOADING=1|MONOTONIC_USEC="),
        "{reloading}"
    );
    assert_eq!(message(&socket), "READY=1|STATUS=config: generation 2");
    example.says("generation 2: AppConfig { greeting: \"good morning\" }");

    fs::write(&file, "greeting = 4\n").unwrap();
    example.signal("-HUP");
    message(&socket);
    let refused = message(&socket);
    let expected = "READY=1|STATUS=config: REJECTED at stage decode, generation 2 stays: ";
    assert!(
        refused.starts_with(expected) && refused.contains(".toml:1:12: "),
        "{refused}"
    );
    let line = example.says("SIGHUP: config: rejected at stage decode: ");
    assert!(
        line.contains("WARN") && line.contains(".toml:1:12: "),
        "{line}"
    );

    example.signal("-TERM");
    assert_eq!(message(&socket), "STOPPING=1|STATUS=stopping");
    assert!(example.child.wait().unwrap().success());
}
