//! Mutation test of the running server: it answers whatever configuration it is given.
//!
//! A mutant that the server does not survive is reduced by fresh servers before it is reported.
//!
//! | variable | meaning |
//! |---|---|
//! | `HOT_RELOAD_SEED` | the first seed |
//! | `HOT_RELOAD_ROUNDS` | the number of mutants, 300 by default |
//! | `HOT_RELOAD_HOURS` | a run time instead of a number |
//!
//! An hour of it: `HOT_RELOAD_HOURS=1 cargo test --release -p server-bin --test process campaign -- --nocapture`.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::task::JoinError;
use tokio::time::Instant;

use self::mutator::{Format, Mutant, Shrink};
use crate::support::client::Client;
use crate::support::{Program, get, until_id};

#[path = "../../../hot-reload/tests/mutations/mutator/mod.rs"]
mod mutator;

/// Without keys that could disconnect the test's client: no other address and no timeouts.
const SAMPLE: &str = r#"
[limits]
max_body_bytes = 65536
max_concurrent_requests = 256

[[routes]]
path = "/"
headers = { cache-control = "no-store", x-tag = "a b" }
body = "hello"

[[routes]]
path = "/page"
file = "page.txt"

[[routes]]
path = "/teapot"
status = 418
headers = { content-type = "application/json" }
body = '{"tea": true}'

[[routes]]
path = "/long"
body = """
one
two"""
"#;

/// How much memory the server may take at its peak, in KiB. A mutant is some KiB, and a bomb of nesting some more.
const PEAK: u64 = 256 * 1024;

/// A server under test. Its methods panic where it does not behave.
struct Server {
    program: Program,
    client: Client,
    file: PathBuf,
    address: SocketAddr,
    /// The number of the last configuration.
    id: u64,
    _folder: TempDir,
}

impl Server {
    /// A server with the sample.
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("page.txt"), "a page").unwrap();
        let file = folder.path().join("config.toml");
        let address = free_address();
        save_bytes(&file, &config(1, address, SAMPLE.as_bytes()));
        let program = Program::start(&file, &["--interval", "3600"]);
        program.address().await;
        let client = Client::connect(address).await;
        Self {
            program,
            client,
            file,
            address,
            id: 1,
            _folder: folder,
        }
    }

    /// Makes the server load this configuration. Returns the outcome that it logs.
    async fn load(&mut self, content: &[u8]) -> String {
        self.id += 1;
        save_bytes(&self.file, &config(self.id, self.address, content));
        self.program.signal(Signal::HUP);
        // One line for each mutant. Removing the lines bounds their memory.
        let line = self.program.take_line("SIGHUP: config: ").await;
        let outcome = line.split("SIGHUP: config: ").nth(1).unwrap();
        let outcome = outcome.split([' ', ':']).next().unwrap();
        let words = ["published", "unchanged", "rejected", "failed"];
        assert!(words.contains(&outcome), "{outcome}");
        outcome.to_owned()
    }

    /// Makes the server load this configuration and answer a request.
    async fn survive(&mut self, content: &[u8]) {
        self.load(content).await;
        let reply = self.client.send(hyper::Method::GET, "/", "").await.unwrap();
        assert!(reply.status < 500, "{reply:?}");
    }

    /// Makes the server serve the sample on a new connection.
    async fn reset(&mut self) {
        self.id += 1;
        save_bytes(
            &self.file,
            &config(self.id, self.address, SAMPLE.as_bytes()),
        );
        until_id(self.address, self.id).await;
        self.client = Client::connect(self.address).await;
    }

    /// Checks the memory and ends the server. Returns the peak in KiB.
    async fn end(mut self) -> u64 {
        self.reset().await;
        assert_eq!(get(self.address, "/teapot").await.status, 418);
        let peak = peak_of(self.program.pid());
        assert!(peak < PEAK, "{peak} KiB");
        self.program.signal(Signal::TERM);
        assert_eq!(self.program.ended().await.code(), Some(0));
        peak
    }
}

#[tokio::test]
async fn mutated_configurations_leave_a_server_that_answers() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = number("HOT_RELOAD_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let rounds = number("HOT_RELOAD_ROUNDS").unwrap_or(300);
    let hours = env::var("HOT_RELOAD_HOURS").ok();
    let hours = hours.map(|hours| hours.parse::<f64>().unwrap() * 3_600.0);
    let end = hours.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds));
    println!("HOT_RELOAD_SEED={first}");
    let mut server = Server::start().await;
    let mut round = 0;
    while end.map_or(round < rounds, |end| Instant::now() < end) {
        let mutant = Mutant::new(first.wrapping_add(round), Format::Toml, SAMPLE);
        round += 1;
        let content = mutant.bytes();
        let survived = tokio::spawn(async move {
            server.survive(&content).await;
            if round % 50 == 0 {
                server.reset().await;
            }
            server
        });
        server = match survived.await {
            Ok(server) => server,
            Err(panic) => {
                let report = reduced(mutant).await;
                panic!("{}\n{report}", text_of(panic));
            }
        };
    }
    let peak = server.end().await;
    println!("{round} mutants from seed {first}, {peak} KiB at the peak");
}

/// The report of a mutant that a server did not survive.
async fn reduced(mutant: Mutant) -> String {
    if survives(mutant.bytes()).await.is_ok() {
        return format!("a fresh server survives it; run the seeds before it, too: {mutant}");
    }
    let shown = mutant.to_string();
    let small = shrunk(mutant, async |content| survives(content).await.is_err()).await;
    format!("{shown}\n{small}")
}

/// Whether a fresh server survives this configuration, and ends afterwards.
async fn survives(content: Vec<u8>) -> Result<(), String> {
    let survived = tokio::spawn(async move {
        let mut server = Server::start().await;
        server.survive(&content).await;
        server.end().await;
    });
    survived.await.map_err(text_of)
}

async fn shrunk(mutant: Mutant, mut fails: impl AsyncFnMut(Vec<u8>) -> bool) -> Shrink {
    // A candidate that makes the server hang takes half a minute.
    let end = Instant::now() + Duration::from_secs(600);
    let mut small = Shrink::new(mutant);
    while Instant::now() < end
        && let Some(case) = small.candidate()
    {
        let answer = fails(case.bytes()).await;
        small.answer(answer);
    }
    small
}

fn text_of(error: JoinError) -> String {
    let panic = error.into_panic();
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}

/// A planted fault: the server refuses the configuration.
#[tokio::test]
async fn mutant_that_fails_in_the_server_is_reduced_by_it() {
    let mut server = Server::start().await;
    for seed in 0.. {
        let mutant = Mutant::new(seed, Format::Toml, SAMPLE);
        if server.load(&mutant.bytes()).await != "rejected" {
            continue;
        }
        let small = shrunk(mutant, async |content| {
            server.load(&content).await == "rejected"
        });
        let small = small.await;
        let content = small.smallest().bytes();
        let lines = content.split_inclusive(|byte| *byte == b'\n').count();
        assert!(lines <= 1, "{small}");
        assert_eq!(server.load(&content).await, "rejected");
        break;
    }
    server.end().await;
}

fn config(id: u64, address: SocketAddr, rest: &[u8]) -> Vec<u8> {
    let head = format!("id = {id}\nname = 'campaign'\nlisten = '{address}'\n");
    [head.as_bytes(), rest].concat()
}

/// An address that no other server of this test takes, and that each mutant keeps.
fn free_address() -> SocketAddr {
    static SERVERS: AtomicU8 = AtomicU8::new(0);
    let server = SERVERS.fetch_add(1, Ordering::Relaxed);
    let [high, low] = u16::try_from(std::process::id() % 65_000)
        .unwrap()
        .to_be_bytes();
    SocketAddr::from(([127, 78 + server % 64, high, low], 8080))
}

fn save_bytes(file: &Path, content: &[u8]) {
    let new = file.with_extension("new");
    fs::write(&new, content).unwrap();
    fs::rename(new, file).unwrap();
}

/// The most memory that a process has had so far, in KiB.
fn peak_of(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}
