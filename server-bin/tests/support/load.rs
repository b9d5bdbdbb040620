//! The load: a file that is rewritten, and clients that check every answer.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use super::client::Client;

/// How the number of a rewrite shows: in the id, in a header, and many times over in the body.
const REPEATED: usize = 400;

/// The rewrites and the requests of one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rewrites: u64,
    /// The time from one rewrite to the next.
    pub(crate) pause: Duration,
    pub(crate) connections: usize,
    /// How long the last rewrite may take to be served.
    pub(crate) deadline: Duration,
}

/// The result.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) requests: u64,
    /// How many requests failed, and what the first ones said.
    pub(crate) failures: u64,
    pub(crate) examples: Vec<String>,
    /// The id of every generation that was seen.
    pub(crate) generations: BTreeMap<u64, u64>,
    /// Whether the last rewrite was served in time.
    pub(crate) arrived: bool,
}

/// The configuration of this number.
pub(crate) fn config(id: u64, listen: SocketAddr) -> String {
    let body = format!("{id} ").repeat(REPEATED);
    format!(
        "id = {id}\nname = \"load\"\nlisten = \"{listen}\"\n\n[[routes]]\npath = \"/\"\nheaders = {{ x-probe = \"{id}\" }}\nbody = \"{body}\"\n"
    )
}

/// Rewrites the file of the server that listens there while it is under load.
pub(crate) async fn run(
    plan: Plan,
    file: &Path,
    listen: SocketAddr,
    address: SocketAddr,
) -> Report {
    let (newest, seen) = watch::channel(0);
    let (stop, stopped) = watch::channel(false);
    let mut clients = JoinSet::new();
    for _ in 0..plan.connections {
        clients.spawn(ask(address, newest.clone(), stopped.clone()));
    }
    let first = 1;
    let last = first + plan.rewrites - 1;
    let mut beat = interval(plan.pause);
    for id in first..=last {
        beat.tick().await;
        rewrite(file, &config(id, listen), id % 2 == 0).unwrap();
    }
    let mut seen = seen;
    let arrived = timeout(plan.deadline, seen.wait_for(|id| *id == last))
        .await
        .is_ok();
    stop.send_replace(true);
    let mut report = Report {
        arrived,
        ..Report::default()
    };
    while let Some(one) = clients.join_next().await {
        report.add(one.unwrap());
    }
    report
}

/// Renames a new file into the place of the old one, or writes over it piece by piece, so that it is half-written often.
fn rewrite(file: &Path, content: &str, rename: bool) -> std::io::Result<()> {
    if !rename {
        let mut file = std::fs::File::create(file)?;
        return content
            .as_bytes()
            .chunks(256)
            .try_for_each(|piece| file.write_all(piece));
    }
    let new = file.with_extension("new");
    std::fs::write(&new, content)?;
    std::fs::rename(new, file)
}

/// One connection that is kept, and never waits between two requests.
async fn ask(
    address: SocketAddr,
    newest: watch::Sender<u64>,
    stopped: watch::Receiver<bool>,
) -> Report {
    let mut report = Report::default();
    let mut client = Client::connect(address).await;
    while !*stopped.borrow() {
        report.requests += 1;
        let problem = match client.send(hyper::Method::GET, "/", "").await {
            Err(error) => {
                client = Client::connect(address).await;
                Some(error.to_string())
            }
            Ok(reply) => {
                let (id, generation) = (reply.id(), reply.generation());
                let probe = id.to_string();
                let whole = reply
                    .body
                    .split_whitespace()
                    .filter(|word| **word == probe)
                    .count()
                    == REPEATED
                    && reply.header("x-probe") == probe;
                let other = report
                    .generations
                    .insert(generation, id)
                    .filter(|other| *other != id);
                newest.send_if_modified(|newest| {
                    let newer = id > *newest;
                    *newest = id.max(*newest);
                    newer
                });
                match (reply.status, whole, other) {
                    (200, true, None) => None,
                    (200, false, _) => Some(format!("of two generations: {reply:?}")),
                    (200, true, Some(other)) => {
                        Some(format!("generation {generation} is {id} and {other}"))
                    }
                    _ => Some(format!("refused: {reply:?}")),
                }
            }
        };
        if let Some(problem) = problem {
            report.failures += 1;
            report.examples.push(problem.chars().take(300).collect());
            report.examples.truncate(5);
        }
    }
    report
}

impl Report {
    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.examples.extend(other.examples);
        for (generation, id) in other.generations {
            let known = *self.generations.entry(generation).or_insert(id);
            if known != id {
                self.failures += 1;
                self.examples
                    .push(format!("generation {generation} is {id} and {known}"));
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.generations.len();
        write!(
            f,
            "requests {}, failures {}, generations seen {seen}",
            self.requests, self.failures
        )
    }
}
