//! A program of plain threads, without a runtime and without async code.
//!
//! `cargo run --example sync_program` writes its own file and prints what to do next. The greeting `bye` ends it.

use std::fs;

use hot_reload::source::{File, Source, Toml};
use hot_reload::{ReloaderService, blocking};
use serde::Deserialize;

#[derive(PartialEq, Deserialize)]
struct AppConfig {
    greeting: String,
}

fn main() -> anyhow::Result<()> {
    let path = std::env::temp_dir().join("hot_reload-sync_program.toml");
    fs::write(&path, "greeting = \"hello\"\n")?;
    let file = File::new(&path).decode(Toml::<AppConfig>::new());
    let (config, control) = ReloaderService::builder(file).hybrid().start_blocking()?;
    control.on_event(|event| say(&event.kind.to_string()));
    say(&format!(
        "{}! Edit {} now",
        config.load().greeting,
        path.display()
    ));
    for now in blocking::iter(config.subscribe()) {
        say(&format!(
            "generation {}: {}",
            now.generation(),
            now.greeting
        ));
        if now.greeting == "bye" {
            control.stop();
        }
    }
    Ok(())
}

#[allow(
    clippy::print_stdout,
    reason = "the output of an example is for a person"
)]
fn say(line: &str) {
    println!("{line}");
}
