//! Policies, schema and entities in three files, as one group: they are replaced one after the other a thousand times, while
//! threads decide, and no decision is ever made with files that do not belong together.
//!
//! `cargo run --manifest-path examples/heavy/Cargo.toml --bin policy_engine`: it needs nothing, and ends by itself.
//!
//! What a service of yours would take over is `engine.rs`, `place.rs`, and the group in [`main`]. The rest plays the author of
//! the policies, who makes mistakes now and then, and those who ask what they may do.

mod engine;
mod load;
mod place;
mod release;

use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use hot_reload::{Control, Coordinator, GroupSnapshot, Live, Outcome};

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
        .validate(move |cut| engine.check(cut))
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
        // Each of them is written first in turn.
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
                // Slow authors exist, too: one or two files are of the new release, and decisions go on with the old one.
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

/// Looks whether what was written is visible.
struct Operator {
    live: Live<GroupSnapshot>,
    control: Control<GroupSnapshot>,
}

impl Operator {
    /// Each release is one publication, so they have the same numbers: nothing half was ever visible.
    async fn is_visible(&self, release: u32) -> anyhow::Result<()> {
        let receipt = self.control.reload().await;
        ensure!(receipt.is_current(), "release {release}: {receipt}");
        self.is_at(release)
    }

    /// Why. All three files have stayed as they were.
    async fn is_refused(&self, release: u32) -> anyhow::Result<String> {
        let receipt = self.control.reload().await;
        let Outcome::Rejected { error, .. } = &receipt.outcome else {
            bail!("release {release} has a mistake, and was not refused: {receipt}");
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

/// Whoever writes the files.
struct Author<'f>(&'f Path);

impl Author<'_> {
    /// One after the other, each as it should be done: written beside, then renamed over.
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
