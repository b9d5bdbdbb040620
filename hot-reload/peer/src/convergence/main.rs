//! The convergence test for this crate and for other implementations, as a table. Linux only.
//!
//! Each implementation follows the file in a process of its own. If it misses the end of a round, the process is restarted
//! with a new file.
#![allow(
    dead_code,
    reason = "the test uses the rest of what it shares with this"
)]

#[path = "../../../tests/convergence/dice.rs"]
mod dice;
#[path = "../../../tests/convergence/judge.rs"]
mod judge;
#[path = "../../../tests/convergence/kind.rs"]
mod kind;
#[path = "../../../tests/convergence/lane.rs"]
mod lane;
#[path = "../../../tests/convergence/latency.rs"]
mod latency;
#[path = "../../../tests/convergence/operations.rs"]
mod operations;
#[path = "../../../tests/convergence/ours.rs"]
mod ours;
mod published;
#[path = "../../../tests/convergence/remote.rs"]
mod remote;
#[path = "../../../tests/convergence/schedule.rs"]
mod schedule;
#[path = "../../../tests/convergence/subject.rs"]
mod subject;
#[path = "../../../tests/convergence/version.rs"]
mod version;
mod watchers;
#[path = "../../../tests/convergence/world.rs"]
mod world;

use std::path::{Path, PathBuf};
use std::time::Duration;

use ::ours as project;
use anyhow::Context;
use tokio::process::Command;
use tokio::time::sleep;

use self::dice::Dice;
use self::kind::{Kind, Menu};
use self::lane::Lane;
use self::latency::{Latencies, PROMISED, in_ms};
use self::ours::Service;
use self::published::Published036;
use self::remote::{Remote, serve};
use self::schedule::Round;
use self::watchers::{DebouncerFull, ParentDebounced};
use self::world::Layout;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Implementation {
    Ours,
    ParentDebounced,
    DebouncerFull,
    PublishedRealtime,
    PublishedPolling,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operations {
    /// The operations of every program.
    Simple,
    All,
    /// The operations of Kubernetes.
    ConfigMap,
}

/// One line of the table.
#[derive(Default)]
struct Tally {
    rounds: usize,
    not_converged: usize,
    torn: usize,
    latencies: Latencies,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [name, path] => {
            let mut all = Implementation::ALL.into_iter();
            let implementation = all.find(|one| format!("{one:?}") == *name);
            let implementation = implementation.context("no such implementation")?;
            implementation.serve(Path::new(path)).await;
            Ok(())
        }
        _ => table().await,
    }
}

async fn table() -> anyhow::Result<()> {
    let seed = std::env::var("HOT_RELOAD_SEED").map_or(Ok(1), |seed| seed.parse())?;
    let folder = tempfile::tempdir()?;
    println!(
        "| implementation | operations | rounds | not converged within {PROMISED:?} | torn published | p50 | p99 |"
    );
    println!("|---|---|---|---|---|---|---|");
    let [ours, others @ ..] = Implementation::ALL;
    // This one runs alone, because it is busy nearly all the time; the others mostly wait.
    for operations in Operations::EACH {
        let tally = ours.run(operations, seed, folder.path().to_owned()).await?;
        println!("{}", tally.line(ours, operations));
    }
    let mut running = Vec::new();
    for implementation in others {
        for operations in Operations::EACH {
            let folder = folder.path().to_owned();
            let run = implementation.run(operations, seed, folder);
            running.push((implementation, operations, tokio::spawn(run)));
        }
    }
    for (implementation, operations, run) in running {
        println!("{}", run.await??.line(implementation, operations));
    }
    println!(
        "\nSeed {seed}. Times are from the end of the last change of a round. An implementation that has not converged is \
         restarted with a new file."
    );
    Ok(())
}

impl Implementation {
    const ALL: [Self; 5] = [
        Self::Ours,
        Self::ParentDebounced,
        Self::DebouncerFull,
        Self::PublishedRealtime,
        Self::PublishedPolling,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Ours => "this crate, realtime",
            Self::ParentDebounced => "notify 8 on the folder, 100 ms debounce",
            Self::DebouncerFull => "notify-debouncer-full, 100 ms",
            Self::PublishedRealtime => "hot_reload 0.3.6, realtime",
            Self::PublishedPolling => "hot_reload 0.3.6, polling 1 s",
        }
    }

    async fn serve(self, path: &Path) {
        match self {
            Self::Ours => serve(Service::Realtime, path).await,
            Self::ParentDebounced => serve(ParentDebounced, path).await,
            Self::DebouncerFull => serve(DebouncerFull, path).await,
            Self::PublishedRealtime => serve(Published036::Realtime, path).await,
            Self::PublishedPolling => serve(Published036::Polling, path).await,
        }
    }

    async fn run(
        self,
        operations: Operations,
        seed: u64,
        folder: PathBuf,
    ) -> anyhow::Result<Tally> {
        let (mut dice, menu) = (Dice::new(seed), operations.menu());
        let mut tally = Tally::default();
        let mut lane = self.start(&folder, operations, 0).await?;
        for number in 1..=ROUNDS {
            let round = Round::any(&mut dice, &menu);
            tally.rounds += 1;
            if let Err(what) = lane.round(&round).await {
                anyhow::ensure!(!what.contains("cannot do"), "{what}: {round}");
                tally.not_converged += 1;
                tally.end(lane).await;
                lane = self.start(&folder, operations, number).await?;
            }
        }
        tally.end(lane).await;
        Ok(tally)
    }

    async fn start(
        self,
        folder: &Path,
        operations: Operations,
        number: usize,
    ) -> anyhow::Result<Lane> {
        let subject = Remote {
            start: Box::new(move |path| {
                let this = std::env::current_exe().expect("this program");
                let mut command = Command::new(this);
                command.arg(format!("{self:?}")).arg(path);
                command
            }),
            reports_absence: false,
        };
        let folder = folder.join(format!("{self:?}-{operations:?}-{number}"));
        std::fs::create_dir_all(&folder)?;
        let lane = Lane::start(&subject, &folder, operations.layout(), PROMISED).await;
        let mut lane = lane.map_err(|what| anyhow::anyhow!("{self:?}: {what}"))?;
        lane.world.judge.be_lenient();
        // Some implementations watch only after they have loaded.
        sleep(HEAD_START).await;
        Ok(lane)
    }
}

impl Operations {
    const EACH: [Self; 3] = [Self::Simple, Self::All, Self::ConfigMap];

    fn title(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::All => "all",
            Self::ConfigMap => "ConfigMap",
        }
    }

    fn layout(self) -> Layout {
        match self {
            Self::Simple | Self::All => Layout::Plain,
            Self::ConfigMap => Layout::Kubernetes,
        }
    }

    fn menu(self) -> Menu {
        match self {
            Self::Simple => Menu::simple(),
            // An implementation that waits for the end of this write exceeds the deadline of this test.
            Self::All => Menu::all().with(Kind::NeverClosed, 0),
            Self::ConfigMap => Menu::only(Kind::Layout),
        }
    }
}

impl Tally {
    async fn end(&mut self, lane: Lane) {
        let (world, _) = lane.end().await;
        self.torn += world.judge.torn();
        self.latencies.add(world.judge.latencies());
    }

    fn line(&self, implementation: Implementation, operations: Operations) -> String {
        let (title, operations) = (implementation.title(), operations.title());
        let [half, most] = [50, 99].map(|part| match self.latencies.count() {
            0 => "–".to_owned(),
            _ => in_ms(self.latencies.percentile(part)),
        });
        format!(
            "| {title} | {operations} | {} | {} | {} | {half} | {most} |",
            self.rounds, self.not_converged, self.torn
        )
    }
}

const ROUNDS: usize = 100;

const HEAD_START: Duration = Duration::from_millis(300);
