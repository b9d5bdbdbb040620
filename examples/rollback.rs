//! Ways back: a value that fails in use gives way by itself to the one before, a person takes another back, and keeps the
//! file out for a while.
//!
//! `cargo run --example rollback`: it brings a partner of its own, edits its file, and ends by itself.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use hot_reload::source::{File, Source, Toml};
use hot_reload::{Generation, HoldReason, Live, Probation, ReloaderService, Snapshot};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    /// How many rows are sent to the partner at once.
    batch: usize,
}

impl Export {
    /// What can be known before. How much the partner takes at once cannot: that shows in use.
    fn check(&self) -> Result<(), &'static str> {
        match self.batch {
            0 => Err("batch: must not be zero"),
            _ => Ok(()),
        }
    }
}

/// How the batches went that were sent with one configuration: the program's own metrics.
#[derive(Default)]
struct Tally {
    with: Option<Generation>,
    sent: u32,
    refused: u32,
    refusal: &'static str,
}

type Metrics = watch::Sender<Tally>;

/// A configuration has failed as soon as three batches were refused, and proven itself when twenty were sent.
async fn prove(metrics: Metrics, export: Snapshot<Export>) -> Result<(), &'static str> {
    let mut metrics = metrics.subscribe();
    let tally = metrics
        .wait_for(|tally| {
            tally.with == Some(export.generation()) && (tally.refused >= 3 || tally.sent >= 20)
        })
        .await;
    match tally {
        Ok(tally) if tally.refused >= 3 => Err(tally.refusal),
        _ => Ok(()),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().without_time().init();
    let file = std::env::temp_dir().join("hot_reload-rollback.toml");
    write(&file, "batch = 50")?;

    let metrics = Metrics::default();
    let probation = Probation::new(Duration::from_secs(20), {
        let metrics = metrics.clone();
        move |export| prove(metrics.clone(), export)
    });
    let (export, control) =
        ReloaderService::builder(File::new(&file).decode(Toml::<Export>::new()))
            .hybrid()
            .validate(Export::check)
            .history(5)
            .probation(probation)
            .start()
            .await?;
    let mut changes = export.subscribe();
    let exporter = tokio::spawn(send_all(export.clone(), metrics.clone()));
    say(&format!("generation 1: {:?}", *export.load()));

    // An edit for the worse: there is nothing wrong with the file, and the partner refuses what is sent.
    write(&file, "batch = 5000")?;
    let back = loop {
        let now = changes.changed().await.context("the service has ended")?;
        if now.origin().is_some() {
            break now;
        }
    };
    say(&format!("{}: {:?}", name(&back), *back));
    // What is in the file is not tried again before it changes; a `reload`, by a person, would try it once more.
    let receipt = control.barrier().await;
    say(&format!("the file is {receipt}"));
    ensure!(control.status().hold.map(|hold| hold.reason) == Some(HoldReason::Probation));

    write(&file, "batch = 80")?;
    let mended = changes.changed().await.context("the service has ended")?;
    let is_proven =
        |tally: &Tally| tally.with == Some(mended.generation()) && tally.sent - tally.refused >= 20;
    metrics.subscribe().wait_for(is_proven).await?;
    say(&format!(
        "{}: {:?}, which has proven itself",
        name(&mended),
        *mended
    ));
    ensure!(control.barrier().await.is_current(), "the file is believed");
    ensure!(control.status().hold.is_none(), "nothing is held back");

    // The partner calls, and asks for less at once. There is no time to look for the file: the one before comes back.
    let receipt = control.rollback().await;
    say(&format!("rolled back: {receipt}"));
    let back = export.get();
    say(&format!("{}: {:?}", name(&back), *back));
    for earlier in control.history() {
        say(&format!("kept is {}: {:?}", name(&earlier), *earlier));
    }
    let hold = control.status().hold.context("nothing is held back")?;
    say(&format!("the status says: {}", hold.message));
    let receipt = control.reload().await;
    say(&format!("a reload is {receipt}"));
    ensure!(export.load().batch == 50, "the file does not come through");

    // The file is mended, too, and that ends it.
    write(&file, "batch = 60")?;
    let mended = changes
        .wait_for(|now| now.batch == 60)
        .await
        .context("the service has ended")?;
    say(&format!("{}: {:?}", name(&mended), *mended));
    ensure!(control.barrier().await.is_current(), "the file is believed");
    ensure!(control.status().hold.is_none(), "nothing is held back");

    // Nothing shall change while the partner moves house; what is in the file is looked at all the same.
    control.pause();
    write(&file, "batch = \"seventy\"")?;
    say(&format!("in a pause: {}", control.reload().await));
    write(&file, "batch = 70")?;
    say(&format!("in a pause: {}", control.reload().await));
    ensure!(export.load().batch == 60, "the file does not come through");
    let receipt = control.resume().await;
    say(&format!("resumed: {receipt}"));
    ensure!(export.load().batch == 70, "the file comes through again");

    control.stop().await;
    exporter.abort();
    fs::remove_file(&file)?;
    Ok(())
}

/// Sends batch after batch, and counts how they went with the configuration that each was sent with.
async fn send_all(export: Live<Export>, metrics: Metrics) {
    let mut pace = interval(Duration::from_millis(2));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        let with = export.get();
        let answer = partner_takes(with.batch);
        metrics.send_modify(|tally| {
            if tally.with != Some(with.generation()) {
                *tally = Tally::default();
                tally.with = Some(with.generation());
            }
            tally.sent += 1;
            if let Err(refusal) = answer {
                tally.refused += 1;
                tally.refusal = refusal;
            }
        });
    }
}

/// The partner, of whose limit nobody has told.
fn partner_takes(rows: usize) -> Result<(), &'static str> {
    match rows {
        ..=100 => Ok(()),
        _ => Err("the partner takes no more than 100 rows at once"),
    }
}

fn name(export: &Snapshot<Export>) -> String {
    match export.origin() {
        Some(origin) => format!(
            "generation {}, which is {origin} again",
            export.generation()
        ),
        None => format!("generation {}", export.generation()),
    }
}

/// Replaces the file as a deploy script does.
fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, format!("{text}\n"))?;
    fs::rename(&new, file).with_context(|| format!("{} could not be replaced", file.display()))
}

#[allow(
    clippy::print_stdout,
    reason = "an example talks to the person who runs it"
)]
fn say(line: &str) {
    println!("{line}");
}
