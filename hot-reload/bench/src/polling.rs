//! The cost of polling unchanged files, against a bare `stat` of each.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::ensure;
use bench::table::{Table, plain_ratio, ratio, time};
use ours::source::{DecodeWith, Fetched, File, Source};
use ours::{Loaded, Reload, Revision};

use crate::content::Content;
use crate::host::{Flavour, Host};
use crate::place::Place;

pub(crate) fn run() -> anyhow::Result<()> {
    let mut table = Table::new(
        format!(
            "polling: {FILES} unchanged files, one after the other, the best of {PASSES} passes, per file"
        ),
        &[
            "file system",
            "runtime",
            "metadata",
            "reload_since",
            "ratio",
            "fetch alone",
            "ratio",
        ],
    );
    for place in Place::all()? {
        let paths = place.spread(FILES)?;
        for path in &paths {
            fs::write(path, Content::text(1))?;
        }
        // A file that was touched just now is read again, even if its stamp is the same.
        thread::sleep(NOT_YOUNG);
        for flavour in Flavour::ALL {
            let best = Host::start(flavour)?.run(measure(paths.clone()))?;
            table.row([
                place.file_system().to_owned(),
                flavour.name().to_owned(),
                time(best.metadata),
                time(best.reload_since),
                ratio(best.reload_since, best.metadata, BOUND),
                time(best.fetch),
                plain_ratio(best.fetch, best.metadata),
            ]);
        }
    }
    table.print();
    Ok(())
}

/// The best passes, per file.
struct Best {
    metadata: Duration,
    reload_since: Duration,
    fetch: Duration,
}

async fn measure(paths: Vec<PathBuf>) -> anyhow::Result<Best> {
    let mut polled = Vec::with_capacity(paths.len());
    for path in &paths {
        let source = File::new(path).decode(DecodeWith::new(Content::decode));
        let Loaded::Value {
            revision: Some(revision),
            ..
        } = source.reload_since(None).await?
        else {
            anyhow::bail!("{} has no value with a revision", path.display());
        };
        polled.push((source, revision));
    }
    let mut best = Best {
        metadata: Duration::MAX,
        reload_since: Duration::MAX,
        fetch: Duration::MAX,
    };
    for _ in 0..PASSES {
        let start = Instant::now();
        for path in &paths {
            std::hint::black_box(fs::metadata(path)?);
        }
        best.metadata = best.metadata.min(start.elapsed());

        let start = Instant::now();
        for (source, revision) in &polled {
            let loaded = source.reload_since(Some(revision)).await?;
            ensure!(loaded == Loaded::Unchanged, "an unchanged file has changed");
        }
        best.reload_since = best.reload_since.min(start.elapsed());

        let start = Instant::now();
        for (source, revision) in &polled {
            let revision: &Revision = revision;
            let fetched = source.source().fetch(Some(revision)).await?;
            ensure!(
                fetched == Fetched::Unchanged,
                "an unchanged file has changed"
            );
        }
        best.fetch = best.fetch.min(start.elapsed());
    }
    let files = u32::try_from(paths.len())?;
    Ok(Best {
        metadata: best.metadata / files,
        reload_since: best.reload_since / files,
        fetch: best.fetch / files,
    })
}

const FILES: usize = 10_000;
const PASSES: usize = 9;
const BOUND: f64 = 1.5;

/// Older stamps are trusted, even those in whole seconds.
const NOT_YOUNG: Duration = Duration::from_millis(2_200);
