//! Layers: defaults, a file, an optional file, drop-in files and environment variables. Later layers win. Files and directories are watched.
//!
//! `APP_WORKERS=8 cargo run --example layers` creates a directory and prints what to do next. Ctrl-C ends it.

use hot_reload::{ReloaderService, source::Layers};

#[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct AppConfig {
    greeting: String,
    workers: u16,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().without_time().init();
    let folder = std::env::temp_dir().join("hot_reload-layers");
    std::fs::create_dir_all(folder.join("conf.d"))?;
    std::fs::write(folder.join("app.toml"), "greeting = 'hello'\nworkers = 4")?;

    let layers = Layers::<AppConfig>::new()
        .defaults(&AppConfig::default())?
        .file(folder.join("app.toml"))
        .optional_file(folder.join("local.toml"))
        .dir(folder.join("conf.d"))
        .env("APP_");
    let explain = layers.explain();
    let (config, _control) = ReloaderService::watch(layers).start().await?;

    tracing::info!("edit the files of {folder:?}; Ctrl-C ends the program");
    let _printed = config.for_each(move |now| {
        let workers = explain.key(now, "workers").ok().flatten();
        let workers = workers.map(|workers| workers.to_string());
        tracing::info!("{:?}\n{}", **now, workers.unwrap_or_default());
    });
    Ok(tokio::signal::ctrl_c().await?)
}
