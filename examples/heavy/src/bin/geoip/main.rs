//! A memory-mapped MaxMind database that threads query while it is replaced many times.
//!
//! `cargo run --manifest-path examples/heavy/Cargo.toml --bin geoip` needs no input and ends automatically.
//!
//! Copy [`load`], the service in [`main`] and [`report`] into your program. The rest simulates a vendor who delivers
//! databases and one incomplete download.

mod database;
mod map;

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use std::{fs, thread};

use anyhow::{Context, ensure};
use hot_reload::event::{EventKind, Events};
use hot_reload::source::{File, OpenFile};
use hot_reload::{Live, Outcome, ReloaderService};
use maxminddb::Reader;
use memmap2::Mmap;
use serde::Deserialize;

type Database = Reader<Mmap>;

/// The data of an address.
#[derive(Debug, Deserialize)]
struct Place<'a> {
    country: &'a str,
    build: u32,
}

/// Maps the file and validates all of it, so that a bad file is rejected before it becomes visible. Copies nothing.
fn load(file: &OpenFile) -> anyhow::Result<Database> {
    let database = Reader::from_source(map::map(file.file())?)?;
    database.verify()?;
    Ok(database)
}

fn look_up(database: &Database, address: Ipv4Addr) -> anyhow::Result<Place<'_>> {
    let found = database.lookup(IpAddr::V4(address))?;
    found.decode()?.context("the address is in no network")
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("example.mmdb");
    deliver(&path, &database::build(1))?;

    // Databases cannot be compared for equality. The revision of the file decides whether it has changed.
    let source = File::new(&path).load_with(load);
    let (geoip, control) = ReloaderService::builder_by_revision(source)
        .hybrid()
        .interval(Duration::from_secs(1))
        .load_deadline(Duration::from_secs(60))
        .start()
        .await?;
    let reporter = tokio::spawn(report(control.events(), path.clone()));

    let work = Arc::new(Work::default());
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let (geoip, work) = (geoip.clone(), Arc::clone(&work));
            thread::spawn(move || work.look_up_all(&geoip, number))
        })
        .collect();

    let mut changes = geoip.subscribe();
    for build in 2..=BUILDS {
        deliver(&path, &database::build(build))?;
        let now = changes.changed().await.context("the service has ended")?;
        ensure!(
            now.metadata().build_epoch == u64::from(build),
            "an old database"
        );
    }

    // An incomplete download replaces the file. Each reload rejects it, and the error is reported once.
    let whole = database::build(BUILDS + 1);
    deliver(&path, &whole[..whole.len() / 2])?;
    for _ in 0..2 {
        let outcome = control.reload().await;
        let is_refused = matches!(outcome.outcome, Outcome::Rejected { .. });
        ensure!(is_refused, "half a database is {}", outcome.outcome);
    }
    let visible = geoip.load().metadata().build_epoch;
    ensure!(
        visible == u64::from(BUILDS),
        "the last good database must stay"
    );

    deliver(&path, &whole)?;
    let last = changes.changed().await.context("the service has ended")?;
    let generation = last.generation();

    work.done.store(true, Ordering::Relaxed);
    for thread in threads {
        let result = thread.join();
        result.map_err(|_| anyhow::anyhow!("a thread panicked"))??;
    }
    control.stop().await;
    let refused = reporter.await?;
    let [lookups, mixed] = [&work.lookups, &work.mixed].map(|count| count.load(Ordering::Relaxed));
    println!(
        "done: {generation} databases, {THREADS} threads, {lookups} lookups, {mixed} of them mixed, {refused} download refused"
    );
    ensure!(
        lookups > 0 && mixed == 0,
        "a thread found two databases in one guard"
    );
    Ok(())
}

/// Prints the outcome of each load, and repeats no error. Returns the number of rejected loads.
async fn report(mut events: Events, path: PathBuf) -> usize {
    let (mut refused, mut last) = (0, String::new());
    while let Some(event) = events.next().await {
        let EventKind::Load {
            outcome, elapsed, ..
        } = event.kind
        else {
            continue;
        };
        match &outcome {
            Outcome::Published { generation } => {
                println!(
                    "{}: {outcome}, generation {generation}, in {elapsed:.1?}",
                    path.display()
                );
            }
            // The error names the file.
            Outcome::Rejected { error, .. } | Outcome::Failed { error }
                if error.to_string() != last =>
            {
                println!("{outcome}: {error}");
                last = error.to_string();
                refused += 1;
            }
            _ => {}
        }
    }
    refused
}

/// The work of the threads, and its result.
#[derive(Default)]
struct Work {
    done: AtomicBool,
    lookups: AtomicU64,
    mixed: AtomicU64,
}

impl Work {
    fn look_up_all(&self, geoip: &Live<Database>, number: u32) -> anyhow::Result<()> {
        let mut network = number;
        while !self.done.load(Ordering::Relaxed) {
            // Held for one round. If the file is replaced meanwhile, this database stays as it is.
            let database = geoip.load();
            let build = database.metadata().build_epoch;
            for _ in 0..64 {
                network = (network + 97) % database::NETWORKS;
                let place = look_up(&database, database::address(network))?;
                ensure!(place.country.len() == 2, "{place:?}");
                let mixed = u64::from(u64::from(place.build) != build);
                self.mixed.fetch_add(mixed, Ordering::Relaxed);
                self.lookups.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

/// Replaces the file atomically. A mapped file must never be written to.
fn deliver(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let part = path.with_extension("part");
    fs::write(&part, bytes)
        .and_then(|()| fs::rename(&part, path))
        .with_context(|| format!("{} could not be written", path.display()))
}

const THREADS: u32 = 4;
const BUILDS: u32 = 30;
