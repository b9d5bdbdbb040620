//! Mutation test of the running server: it goes on answering whatever configuration it is given.
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
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::Instant;

use self::mutator::{Format, Mutant};
use crate::save;
use crate::support::client::Client;
use crate::support::{Program, get, until_id};

#[path = "../../../hot-reload/tests/mutations/mutator.rs"]
mod mutator;

/// Without keys that could cut off the test's client: no other address and no timeouts.
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

#[tokio::test]
async fn mutated_configurations_leave_a_server_that_answers() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = number("HOT_RELOAD_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let rounds = number("HOT_RELOAD_ROUNDS").unwrap_or(300);
    let end =
        number("HOT_RELOAD_HOURS").map(|hours| Instant::now() + Duration::from_secs(hours * 3600));
    println!("HOT_RELOAD_SEED={first}");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("page.txt"), "a page").unwrap();
    let file = folder.path().join("config.toml");
    // An address that no other test takes, and that each mutant keeps.
    let [high, low] = u16::try_from(std::process::id() % 65_000)
        .unwrap()
        .to_be_bytes();
    let address = SocketAddr::from(([127, 78, high, low], 8080));
    let config = |id: u64, rest: &[u8]| {
        let head = format!("id = {id}\nname = 'campaign'\nlisten = '{address}'\n");
        [head.as_bytes(), rest].concat()
    };
    save_bytes(&file, &config(1, SAMPLE.as_bytes()));
    let mut program = Program::start(&file, &["--interval", "3600"]);
    program.address().await;
    let mut client = Client::connect(address).await;
    let mut round = 0;
    while end.map_or(round < rounds, |end| Instant::now() < end) {
        let seed = first.wrapping_add(round);
        round += 1;
        let mutant = Mutant::new(seed, Format::Toml, SAMPLE);
        save_bytes(&file, &config(round + 1, &mutant.bytes()));
        program.signal(Signal::HUP);
        // One line for each mutant. Removing the lines bounds their memory.
        let outcome = program.take_line("as SIGHUP asked outcome=").await;
        let outcome = outcome.rsplit('=').next().unwrap();
        let words = ["published", "unchanged", "rejected", "failed"];
        assert!(words.contains(&outcome), "seed {seed}: {outcome}");
        let reply = client.send(hyper::Method::GET, "/", "").await;
        let reply = reply.unwrap_or_else(|error| panic!("seed {seed}: {error}: {mutant:?}"));
        assert!(reply.status < 500, "seed {seed}: {reply:?}");
        if round % 50 == 0 {
            save_bytes(&file, &config(round + 1, SAMPLE.as_bytes()));
            until_id(address, round + 1).await;
            client = Client::connect(address).await;
        }
    }
    let peak = peak_of(program.pid());
    assert!(
        peak < PEAK,
        "{peak} KiB after {round} mutants from seed {first}"
    );
    save(
        &file,
        &String::from_utf8(config(0, SAMPLE.as_bytes())).unwrap(),
    );
    until_id(address, 0).await;
    assert_eq!(get(address, "/teapot").await.status, 418);
    program.signal(Signal::TERM);
    assert_eq!(program.ended().await.code(), Some(0), "seed {first}");
    println!("{round} mutants, {peak} KiB at the peak");
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
