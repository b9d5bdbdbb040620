//! A configuration file that is reloaded while the program runs.
//!
//! `cargo run --example quickstart` writes its own file and prints what to do next. Ctrl-C ends it.

use std::fs;
use std::pin::pin;

use anyhow::Context;
use examples::say;
use serde::Deserialize;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppConfig {
    greeting: String,
    workers: u16,
}

impl AppConfig {
    fn check(&self) -> Result<(), &'static str> {
        if self.workers == 0 {
            return Err("workers: must not be zero");
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().without_time().init();
    let path = std::env::temp_dir().join("hot_reload-quickstart.toml");
    fs::write(&path, "greeting = \"hello\"\nworkers = 4\n")
        .with_context(|| format!("{} could not be written", path.display()))?;

    // Returns after the first good value, or an error if there is none.
    let (config, control) = hot_reload::open::<AppConfig>(&path)
        .validate(AppConfig::check)
        .start()
        .await?;

    say(format!("generation 1: {:?}", *config.load()));
    say(format!("edit {} now: change the greeting,", path.display()));
    say("then make a mistake (workers = \"many\"), then fix it; Ctrl-C ends the program");

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
