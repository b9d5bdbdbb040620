//! Routes and upstreams in two files, as one group: both become visible together, and a mistake in one leaves both.
//!
//! `cargo run --example all_or_nothing`: it edits its files, and ends by itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use hot_reload::source::{File, Source, Toml};
use hot_reload::{Coordinator, GroupSnapshot, MemberKey, ReloaderService};
use serde::Deserialize;

/// Which path is served by which upstream.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(transparent)]
struct Routes(BTreeMap<String, String>);

/// Where each upstream is.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(transparent)]
struct Upstreams(BTreeMap<String, String>);

/// What finds the two in a cut.
#[derive(Clone, Copy)]
struct Keys {
    routes: MemberKey<Routes>,
    upstreams: MemberKey<Upstreams>,
}

impl Keys {
    /// Whether there is an upstream for each route: what neither file can say by itself.
    fn check(self, cut: &GroupSnapshot) -> Result<(), String> {
        for (path, upstream) in &cut[self.routes].0 {
            if !cut[self.upstreams].0.contains_key(upstream) {
                return Err(format!("{path} goes to {upstream}, which is no upstream"));
            }
        }
        Ok(())
    }

    /// Where a request for this path goes. Both are of one cut, so there is an answer if there is a route.
    fn resolve(self, cut: &GroupSnapshot, path: &str) -> Option<String> {
        let upstream = cut[self.routes].0.get(path)?;
        Some(cut[self.upstreams].0[upstream].clone())
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
        .validate(move |cut| keys.check(cut))
        .start()
        .await?;
    let shop = || {
        keys.resolve(&live.load(), "/shop")
            .context("a route is lost")
    };
    say(&format!("generation 1: /shop is at {}", shop()?));

    // The files are written one after the other, and seen as one change.
    let mut changes = live.subscribe();
    files.write("\"/shop\" = \"green\"\n", "green = \"10.0.0.2:80\"\n")?;
    let cut = changes.changed().await.context("stopped")?;
    say(&format!(
        "generation {}: /shop is at {}",
        cut.generation(),
        shop()?
    ));

    // A typo in one of them leaves both.
    files.write("\"/shop\" = \"red\"\n", "red = 10.0.0.3:80\n")?;
    let receipt = control.reload().await;
    let error = receipt.error().context("a typo was accepted")?;
    say(&format!("{}: {error}", receipt.outcome));
    ensure!(shop()? == "10.0.0.2:80", "both stay as they were");
    say(&format!("still at {}", shop()?));

    // Each of them is good by itself, and they do not belong together.
    files.write("\"/shop\" = \"red\"\n", "green = \"10.0.0.2:80\"\n")?;
    let receipt = control.reload().await;
    let error = receipt.error().context("a route to nowhere was accepted")?;
    say(&format!("{}: {error}", receipt.outcome));

    files.write("\"/shop\" = \"red\"\n", "red = \"10.0.0.3:80\"\n")?;
    let receipt = control.reload().await;
    ensure!(receipt.is_current(), "{receipt}");
    let cut = live.get();
    let versions: Vec<_> = cut.versions().map(|version| version.to_string()).collect();
    say(&format!(
        "generation {}: /shop is at {} ({})",
        cut.generation(),
        shop()?,
        versions.join(", ")
    ));

    control.stop().await;
    fs::remove_dir_all(&files.folder)?;
    Ok(())
}

/// The two files in a folder of their own.
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

/// Writes a file as a tool should: beside it, and then in its place.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(&new, path)?;
    Ok(())
}

#[allow(
    clippy::print_stdout,
    reason = "an example talks to the person who runs it"
)]
fn say(text: &str) {
    println!("{text}");
}
