//! A group of three files: policies, schema and entities. They are replaced one after the other a thousand times while threads
//! decide. No decision uses files that do not belong together.
//!
//! `cargo run --manifest-path examples/heavy/Cargo.toml --bin policy_engine` needs no input and ends automatically.
//!
//! Copy `engine.rs`, `place.rs` and the group in [`main`] into your service. The rest simulates the author of the policies,
//! who sometimes makes a mistake, and the users.

mod engine;
mod load;
mod place;
mod release;

use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use hot_reload::group::GroupSnapshot;
use hot_reload::{Control, Coordinator, Live, Outcome};

use self::engine::Engine;
use self::load::{Load, THREADS};
use self::release::{Release, TYPOS};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let author = Author(folder.path());
    author.write(&Release(1).files())?;

    let mut group = Coordinator::new();
    let engine = Engine::join(&mut group, folder.path());
    let (live, control) = group
        .into_builder()
        .name("policies")
        .validate(move |snapshot| engine.check(snapshot))
        .start()
        .await?;
    let operator = Operator {
        live: live.clone(),
        control,
    };

    let load = Load::start(engine, &live);
    let (mut typos, mut halves) = (0, 0);
    for number in 2..=RELEASES {
        let mut files = Release(number).files();
        // Each file is written first in turn.
        files.rotate_left(number as usize % 3);
        match number % 10 {
            0 => {
                let typo = &TYPOS[typos % TYPOS.len()];
                author.write(&typo.put_into(&files))?;
                let error = operator.is_refused(number).await?;
                ensure!(error.contains(typo.place), "{error}");
                if typos < TYPOS.len() {
                    println!("refused: {error}");
                }
                typos += 1;
            }
            5 => {
                // Simulates a slow author: only one or two files are new, and decisions still use the old release.
                author.write(&files[..1 + number as usize / 10 % 2])?;
                let error = operator.is_refused(number).await?;
                if halves == 0 {
                    println!("refused: {error}");
                }
                halves += 1;
            }
            _ => {}
        }
        author.write(&files)?;
        operator.is_visible(number).await?;
        load.meets(Release(number)).await?;
    }

    let (decisions, wrong) = load.stop()?;
    operator.control.stop().await;
    println!(
        "done: {RELEASES} releases, {typos} typos and {halves} halves refused, {THREADS} threads, {decisions} decisions, {wrong} wrong"
    );
    ensure!(wrong == 0, "a decision was wrong");
    Ok(())
}

/// Checks whether the written files are visible.
struct Operator {
    live: Live<GroupSnapshot>,
    control: Control<GroupSnapshot>,
}

impl Operator {
    /// Checks that the release is published. Each release is one publication, so release and generation are equal.
    async fn is_visible(&self, release: u32) -> anyhow::Result<()> {
        let receipt = self.control.reload().await;
        ensure!(receipt.is_current(), "release {release}: {receipt}");
        self.is_at(release)
    }

    /// Checks that the release is rejected and the previous one is still visible. Returns the error.
    async fn is_refused(&self, release: u32) -> anyhow::Result<String> {
        let receipt = self.control.reload().await;
        let Outcome::Rejected { error, .. } = &receipt.outcome else {
            bail!("release {release} has a mistake, but was not rejected: {receipt}");
        };
        self.is_at(release - 1)?;
        Ok(error.to_string())
    }

    fn is_at(&self, release: u32) -> anyhow::Result<()> {
        let generation = self.live.get().generation();
        ensure!(
            generation.get() == u64::from(release),
            "generation {generation} with release {release}"
        );
        Ok(())
    }
}

/// The author of the files.
struct Author<'f>(&'f Path);

impl Author<'_> {
    /// Replaces the files one after the other, each atomically.
    fn write(&self, files: &[(&'static str, String)]) -> anyhow::Result<()> {
        for (name, text) in files {
            let (path, part) = (self.0.join(name), self.0.join("part"));
            fs::write(&part, text)
                .and_then(|()| fs::rename(&part, &path))
                .with_context(|| format!("{} could not be written", path.display()))?;
        }
        Ok(())
    }
}

const RELEASES: u32 = 1_000;
