//! A drop-in directory: `10-base.toml` has all keys, and each further file only those that differ.
//!
//! `cargo run --example conf_d` creates a directory and prints what to do next. Ctrl-C ends it.

use std::fs;
use std::pin::pin;

use anyhow::Context;
use examples::say;
use hot_reload::ReloaderService;
use hot_reload::source::{Dir, Toml};
use serde::Deserialize;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppConfig {
    greeting: String,
    db: Db,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Db {
    host: String,
    port: u16,
}

const BASE: &str = "greeting = \"hello\"\n\n[db]\nhost = \"localhost\"\nport = 5432\n";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().without_time().init();
    let folder = std::env::temp_dir().join("hot_reload-conf.d");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join("10-base.toml"), BASE))
        .with_context(|| format!("{} could not be written", folder.display()))?;

    // Removes a file of an earlier run.
    let _ = fs::remove_file(folder.join("20-db.toml"));

    // All files are read as they are at one moment, and merged in the order of their names.
    let source = Dir::new(&folder)
        .matching("*.toml")
        .merge(Toml::<AppConfig>::new());
    let (config, control) = ReloaderService::builder(source).hybrid().start().await?;

    say(format!("generation 1: {:?}", *config.load()));
    say("in another terminal:");
    say(format!("  cd {}", folder.display()));
    say("  printf '[db]\\nport = 6432\\n' > 20-db.toml      # one more file");
    say(
        "  printf '[db]\\nport = \"many\"\\n' > 20-db.toml    # a mistake: the log names file and line",
    );
    say("  rm 20-db.toml                                 # the base again");
    say("Ctrl-C ends the program");

    let mut changes = config.subscribe();
    // Created outside of the loop. A new future in each round would miss a Ctrl-C between two rounds.
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            Some(now) = changes.changed() => {
                say(format!("generation {}: {:?}", now.generation(), *now));
            }
            _ = &mut interrupted => break,
        }
    }
    control.stop().await;
    Ok(())
}
