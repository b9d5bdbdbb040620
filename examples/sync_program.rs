//! A program of plain threads, without a runtime and without async code.
//!
//! `cargo run --example sync_program` writes its own file and prints what to do next. The greeting `bye` ends it.

use std::fs;

use examples::say;
use hot_reload::blocking;
use serde::Deserialize;

#[derive(PartialEq, Deserialize)]
struct AppConfig {
    greeting: String,
}

fn main() -> anyhow::Result<()> {
    let path = std::env::temp_dir().join("hot_reload-sync_program.toml");
    fs::write(&path, "greeting = \"hello\"\n")?;
    let (config, control) = hot_reload::open::<AppConfig>(&path).start_blocking()?;
    control.on_event(|event| say(event));
    say(&config.load().greeting);
    say(format_args!("edit {} now", path.display()));
    let changes = blocking::iter(config.subscribe());
    for now in changes.take_while(|now| now.greeting != "bye") {
        say(&now.greeting);
    }
    control.stop();
    Ok(())
}
