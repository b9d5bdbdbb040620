//! Rollbacks: a value that fails its probation is rolled back automatically, a person rolls back another one, and a pause
//! holds new values.
//!
//! `cargo run --example rollback` simulates a partner, edits its file, and ends automatically.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use examples::say;
use hot_reload::event::HoldReason;
use hot_reload::policy::Probation;
use hot_reload::source::{File, Source, Toml};
use hot_reload::{Generation, Live, ReloaderService, Snapshot};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    /// The number of rows in one batch.
    batch: usize,
}

impl Export {
    /// Checks what is known in advance. The partner's limit is not; it shows only in use.
    fn check(&self) -> Result<(), &'static str> {
        match self.batch {
            0 => Err("batch: must not be zero"),
            _ => Ok(()),
        }
    }
}

/// The program's own metrics: how many batches were sent and refused with one configuration.
#[derive(Default)]
struct Tally {
    with: Option<Generation>,
    sent: u32,
    refused: u32,
    refusal: &'static str,
}

type Metrics = watch::Sender<Tally>;

/// The probation of a configuration: it fails after three refused batches, and passes after twenty sent batches.
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
    say(format!("generation 1: {:?}", *export.load()));

    // The file is valid, but the partner refuses batches of this size.
    write(&file, "batch = 5000")?;
    let back = loop {
        let now = changes.changed().await.context("the service has ended")?;
        if now.origin().is_some() {
            break now;
        }
    };
    say(format!("{}: {:?}", name(&back), *back));
    // The content of the file is not retried until it changes. A manual `reload` would retry it once.
    let receipt = control.barrier().await;
    say(format!("the file is {receipt}"));
    ensure!(control.status().hold.map(|hold| hold.reason) == Some(HoldReason::Probation));

    write(&file, "batch = 80")?;
    let fixed = changes.changed().await.context("the service has ended")?;
    let is_proven =
        |tally: &Tally| tally.with == Some(fixed.generation()) && tally.sent - tally.refused >= 20;
    metrics.subscribe().wait_for(is_proven).await?;
    say(format!(
        "{}: {:?}, which has proven itself",
        name(&fixed),
        *fixed
    ));
    ensure!(
        control.barrier().await.is_current(),
        "the file must be published"
    );
    ensure!(control.status().hold.is_none(), "nothing may be held");

    // The partner asks for smaller batches at once. Rolling back is faster than editing the file.
    let receipt = control.rollback().await;
    say(format!("rolled back: {receipt}"));
    let back = export.get();
    say(format!("{}: {:?}", name(&back), *back));
    for earlier in control.history() {
        say(format!("kept is {}: {:?}", name(&earlier), *earlier));
    }
    let hold = control.status().hold.context("nothing is held")?;
    say(format!("the status says: {}", hold.message));
    let receipt = control.reload().await;
    say(format!("a reload is {receipt}"));
    ensure!(export.load().batch == 50, "the file must be held");

    // An edit of the file ends the hold.
    write(&file, "batch = 60")?;
    let fixed = changes
        .wait_for(|now| now.batch == 60)
        .await
        .context("the service has ended")?;
    say(format!("{}: {:?}", name(&fixed), *fixed));
    ensure!(
        control.barrier().await.is_current(),
        "the file must be published"
    );
    ensure!(control.status().hold.is_none(), "nothing may be held");

    // A pause holds all new values, for example during maintenance. The file is still loaded and checked.
    control.pause();
    write(&file, "batch = \"seventy\"")?;
    say(format!("in a pause: {}", control.reload().await));
    write(&file, "batch = 70")?;
    say(format!("in a pause: {}", control.reload().await));
    ensure!(export.load().batch == 60, "the file must be held");
    // The load of the resume publishes it, or one that the watch has requested at the same moment.
    ensure!(
        control.resume().await.is_current(),
        "the file must be published"
    );
    let now = export.get();
    ensure!(now.batch == 70, "the file must be published");
    say(format!("resumed: generation {}", now.generation()));

    control.stop().await;
    exporter.abort();
    fs::remove_file(&file)?;
    Ok(())
}

/// Sends batches, and counts the result of each for the configuration that it was sent with.
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

/// The partner. Its limit is not documented.
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

/// Replaces the file atomically, as a deploy script does.
fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, format!("{text}\n"))?;
    fs::rename(&new, file).with_context(|| format!("{} could not be replaced", file.display()))
}
