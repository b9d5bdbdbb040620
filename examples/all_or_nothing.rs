//! A group of two files, routes and upstreams: both become visible together, and a mistake in one rejects both.
//!
//! `cargo run --example all_or_nothing` edits its own files and ends automatically.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use examples::say;
use hot_reload::group::{GroupSnapshot, MemberKey};
use hot_reload::source::{File, Source, Toml};
use hot_reload::{Coordinator, ReloaderService};
use serde::Deserialize;

/// The upstream of each path.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(transparent)]
struct Routes(BTreeMap<String, String>);

/// The address of each upstream.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(transparent)]
struct Upstreams(BTreeMap<String, String>);

/// The keys of both values in a snapshot of the group.
#[derive(Clone, Copy)]
struct Keys {
    routes: MemberKey<Routes>,
    upstreams: MemberKey<Upstreams>,
}

impl Keys {
    /// Checks that each route has an upstream. Neither file can be checked for this alone.
    fn check(self, snapshot: &GroupSnapshot) -> Result<(), String> {
        for (path, upstream) in &snapshot[self.routes].0 {
            if !snapshot[self.upstreams].0.contains_key(upstream) {
                return Err(format!("{path} goes to {upstream}, which is no upstream"));
            }
        }
        Ok(())
    }

    /// The address for a request to this path. Both values come from one snapshot, so each route has an address.
    fn resolve(self, snapshot: &GroupSnapshot, path: &str) -> Option<String> {
        let upstream = snapshot[self.routes].0.get(path)?;
        Some(snapshot[self.upstreams].0[upstream].clone())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().without_time().init();
    let files = Files::new()?;
    files.write("\"/shop\" = \"blue\"\n", "blue = \"10.0.0.1:80\"\n")?;

    let mut group = Coordinator::new();
    let routes = File::new(&files.routes).decode(Toml::<Routes>::new());
    let upstreams = File::new(&files.upstreams).decode(Toml::<Upstreams>::new());
    let keys = Keys {
        routes: group.member("routes", ReloaderService::builder(routes).hybrid()),
        upstreams: group.member("upstreams", ReloaderService::builder(upstreams).hybrid()),
    };
    let (live, control) = group
        .into_builder()
        .validate(move |snapshot| keys.check(snapshot))
        .start()
        .await?;
    let shop = || {
        keys.resolve(&live.load(), "/shop")
            .context("a route is lost")
    };
    say(format!("generation 1: /shop is at {}", shop()?));

    // The files are written one after the other, and published as one change.
    let mut changes = live.subscribe();
    files.write("\"/shop\" = \"green\"\n", "green = \"10.0.0.2:80\"\n")?;
    let snapshot = changes.changed().await.context("stopped")?;
    say(format!(
        "generation {}: /shop is at {}",
        snapshot.generation(),
        shop()?
    ));

    // A typo in one file rejects both.
    files.write("\"/shop\" = \"red\"\n", "red = 10.0.0.3:80\n")?;
    let receipt = control.reload().await;
    let error = receipt.error().context("a typo was accepted")?;
    say(format!("{}: {error}", receipt.outcome));
    ensure!(shop()? == "10.0.0.2:80", "both values must stay");
    say(format!("still at {}", shop()?));

    // Each file is valid alone, but they do not belong together.
    files.write("\"/shop\" = \"red\"\n", "green = \"10.0.0.2:80\"\n")?;
    let receipt = control.reload().await;
    let error = receipt.error().context("a route to nowhere was accepted")?;
    say(format!("{}: {error}", receipt.outcome));

    files.write("\"/shop\" = \"red\"\n", "red = \"10.0.0.3:80\"\n")?;
    let receipt = control.reload().await;
    ensure!(receipt.is_current(), "{receipt}");
    let snapshot = live.get();
    let versions: Vec<_> = snapshot
        .versions()
        .map(|version| version.to_string())
        .collect();
    say(format!(
        "generation {}: /shop is at {} ({})",
        snapshot.generation(),
        shop()?,
        versions.join(", ")
    ));

    control.stop().await;
    fs::remove_dir_all(&files.folder)?;
    Ok(())
}

/// The two files in a temporary folder.
struct Files {
    folder: PathBuf,
    routes: PathBuf,
    upstreams: PathBuf,
}

impl Files {
    fn new() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join("hot_reload-all_or_nothing");
        fs::create_dir_all(&folder)?;
        Ok(Self {
            routes: folder.join("routes.toml"),
            upstreams: folder.join("upstreams.toml"),
            folder,
        })
    }

    fn write(&self, routes: &str, upstreams: &str) -> anyhow::Result<()> {
        replace(&self.routes, routes)?;
        replace(&self.upstreams, upstreams)
    }
}

/// Replaces a file atomically: writes a new file and renames it.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(&new, path)?;
    Ok(())
}
