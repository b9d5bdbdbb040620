//! Release 0.3.6 and this crate side by side: the patterns of `tests/files/matrix`, with the same code, as a table.
//!
//! Each cell is a process of its own, because the watchers of 0.3.6 are never released.
#![allow(
    clippy::duplicate_mod,
    reason = "one file, compiled against each of the two crates"
)]

#[path = "../../tests/files/matrix/follow.rs"]
mod follow;
#[path = "../../tests/files/matrix/patterns.rs"]
mod patterns;
mod project;
mod published;

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::process::Command;
use tokio::sync::Semaphore;

use self::follow::{Patience, Verdict};
use self::patterns::Pattern;

/// A poll of hybrid's 10 seconds falls into the deadline. Before its first change, the watch of 0.3.6 gets time to
/// open: otherwise it would lose changes at random.
const PATIENCE: Patience = Patience {
    deadline: Duration::from_secs(12),
    head_start: Duration::from_millis(500),
};
/// Longer than all deadlines and pauses of a pattern together.
const STUCK: Duration = Duration::from_secs(60);
/// How many cells run at once. They mostly sleep; more of them would increase the latencies.
const AT_ONCE: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Published,
    Project,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strategy {
    Polling,
    Realtime,
    Hybrid,
}

/// One cell of the table.
#[derive(Debug, Clone, Copy)]
struct Cell {
    pattern: Pattern,
    subject: Subject,
    strategy: Strategy,
}

const SUBJECTS: [Subject; 2] = [Subject::Published, Subject::Project];
const STRATEGIES: [Strategy; 3] = [Strategy::Polling, Strategy::Realtime, Strategy::Hybrid];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1) {
        Some(name) => {
            let mut all = cells();
            let cell = all.find(|cell| cell.name() == name);
            println!("{}", cell.context("no such cell")?.run().await?);
        }
        None => table().await?,
    }
    Ok(())
}

/// All cells, row by row.
fn cells() -> impl Iterator<Item = Cell> {
    Pattern::ALL.into_iter().flat_map(|pattern| {
        SUBJECTS.into_iter().flat_map(move |subject| {
            STRATEGIES.into_iter().map(move |strategy| Cell {
                pattern,
                subject,
                strategy,
            })
        })
    })
}

async fn table() -> anyhow::Result<()> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let running: Vec<_> = cells()
        .map(|cell| {
            let places = Arc::clone(&places);
            tokio::spawn(async move {
                let _place = places.acquire_owned().await?;
                cell.run_apart().await
            })
        })
        .collect();
    println!(
        "| what happens to the file | 0.3.6 polling | 0.3.6 realtime | 0.3.6 hybrid | polling | realtime | hybrid |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut answers = running.into_iter();
    for pattern in Pattern::ALL {
        let mut row = format!("| {} |", pattern.title());
        for answer in answers.by_ref().take(SUBJECTS.len() * STRATEGIES.len()) {
            row.push_str(&format!(" {} |", answer.await??));
        }
        println!("{row}");
    }
    println!("\nThe time is that of the slowest change. Polling every 1 s, hybrid(10).");
    Ok(())
}

impl Cell {
    fn name(self) -> String {
        format!("{:?}-{:?}-{:?}", self.pattern, self.subject, self.strategy)
    }

    /// Runs this cell in another process, and returns its output.
    async fn run_apart(self) -> anyhow::Result<String> {
        let child = Command::new(std::env::current_exe()?)
            .arg(self.name())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .output();
        let Ok(output) = tokio::time::timeout(STUCK, child).await else {
            return Ok("**stuck**".to_owned());
        };
        let output = output?;
        if !output.status.success() {
            return Ok(format!("**crashed** ({})", output.status));
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    async fn run(self) -> anyhow::Result<String> {
        let folder = tempfile::tempdir()?;
        let verdict = match self.subject {
            Subject::Published => self.run_published(folder.path()).await,
            Subject::Project => self.run_project(folder.path()).await,
        };
        if let Verdict::Ended(reason) = &verdict {
            eprintln!("{}: ended: {reason}", self.name());
        }
        Ok(in_short(&verdict))
    }

    async fn run_published(self, root: &Path) -> Verdict {
        use hot_reload::ReloaderConfig as Config;
        let config = match self.strategy {
            Strategy::Polling => Config::polling(1),
            Strategy::Realtime => Config::realtime(),
            Strategy::Hybrid => Config::hybrid(10),
        };
        published::compatible::run(self.pattern, root, config, PATIENCE).await
    }

    async fn run_project(self, root: &Path) -> Verdict {
        use ours::ReloaderConfig as Config;
        let config = match self.strategy {
            Strategy::Polling => Config::polling(1),
            Strategy::Realtime => Config::realtime(),
            Strategy::Hybrid => Config::hybrid(10),
        };
        project::compatible::run(self.pattern, root, config, PATIENCE).await
    }
}

fn in_short(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Seen(slowest) if slowest.as_millis() < 100 => {
            format!("ok {} ms", slowest.as_millis().max(1))
        }
        Verdict::Seen(slowest) => format!("ok {:.1} s", slowest.as_secs_f64()),
        Verdict::Never(_) => "**never**".to_owned(),
        Verdict::Ended(_) => "**service ended**".to_owned(),
        Verdict::Torn(_) => "**torn**".to_owned(),
        Verdict::Emptied => "**no value**".to_owned(),
        Verdict::Backwards(..) => "**old value**".to_owned(),
    }
}
