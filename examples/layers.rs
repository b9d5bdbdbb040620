//! Layers: defaults, a file, an optional file, drop-in files and environment variables. Later layers win, and each is watched.
//!
//! `APP_WORKERS=8 cargo run --example layers` creates a directory and prints what to do next. Ctrl-C ends it.

use std::fs;

use hot_reload::ReloaderService;
use hot_reload::source::Layers;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct AppConfig {
    greeting: String,
    workers: u16,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().without_time().init();
    let folder = std::env::temp_dir().join("hot_reload-layers");
    fs::create_dir_all(folder.join("conf.d"))?;
    fs::write(folder.join("app.toml"), "workers = 4\n")?;

    let layers = Layers::<AppConfig>::new()
        .defaults(&AppConfig {
            greeting: "hello".to_owned(),
            workers: 1,
        })?
        .file(folder.join("app.toml"))
        .optional_file(folder.join("local.toml"))
        .dir(folder.join("conf.d"))
        .env("APP_");
    let explain = layers.explain();
    let (config, control) = ReloaderService::watch(layers).start().await?;

    say(&format!(
        "in {}: edit app.toml, local.toml and conf.d/",
        folder.display()
    ));
    say("Ctrl-C ends the program");
    let _printed = config.for_each(move |now| {
        say(&format!("{:?}", **now));
        if let Ok(Some(workers)) = explain.key(now, "workers") {
            say(&workers.to_string());
        }
    });
    tokio::signal::ctrl_c().await?;
    control.stop().await;
    Ok(())
}

#[allow(
    clippy::print_stdout,
    reason = "the output of an example is for a person"
)]
fn say(text: &str) {
    println!("{text}");
}
