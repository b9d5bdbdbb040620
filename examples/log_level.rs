//! A log filter that changes while the program runs.
//!
//! `cargo run --example log_level` writes a file with the directive `info`, logs two lines every second, and prints what to
//! do next. An invalid directive is rejected, and the filter stays. Ctrl-C ends it.

use std::fs;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context;
use hot_reload::ReloaderService;
use hot_reload::source::{DecodeWith, File, Source};
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, fmt, reload};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let path = std::env::temp_dir().join("hot_reload-log_level.txt");
    fs::write(&path, "info\n")
        .with_context(|| format!("{} could not be written", path.display()))?;

    let (layer, filter) = reload::Layer::new(EnvFilter::new("info"));
    let lines = fmt::layer().without_time().with_writer(std::io::stdout);
    tracing_subscriber::registry()
        .with(layer)
        .with(lines)
        .init();

    let text = DecodeWith::new(|bytes: &[u8]| String::from_utf8(bytes.to_vec()));
    let (directive, control) = ReloaderService::builder(File::new(&path).decode(text))
        .hybrid()
        .name("log_level")
        .validate(|text: &String| EnvFilter::try_new(text.trim()).map(drop))
        .start()
        .await?;
    tracing::info!("write a directive such as `debug` into {}", path.display());

    let mut changes = directive.subscribe();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    // Created outside of the loop. A new future in each round would miss a Ctrl-C between two rounds.
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            Some(now) = changes.changed() => {
                // The value was validated, so it parses.
                filter.reload(EnvFilter::try_new(now.trim())?)?;
                tracing::info!("the filter is now {:?}", now.trim());
            }
            _ = second.tick() => {
                tracing::info!("this is shown at info");
                tracing::debug!("this is shown at debug");
            }
            _ = &mut interrupted => break,
        }
    }
    control.stop().await;
    Ok(())
}
