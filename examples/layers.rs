//! Layers: defaults, a file, drop-in files and environment variables. Later layers win. Files and directories are watched.
//!
//! `APP_WORKERS=8 cargo run --example layers` creates a directory and prints what to do next. Ctrl-C ends it.

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

    let layers = hot_reload::source::Layers::<AppConfig>::new()
        .defaults(&AppConfig::default())?
        .file(folder.join("app.toml"))
        .dir(folder.join("conf.d"))
        .env("APP_");
    let explain = layers.explain();
    let (config, _control) = hot_reload::ReloaderService::watch(layers).start().await?;

    tracing::info!("edit the files of {folder:?}; Ctrl-C ends the program");
    let _printed = config.for_each(move |now| match explain.key(now, "workers") {
        Ok(Some(workers)) => tracing::info!("{:?}\n{workers}", **now),
        other => tracing::error!("{other:?}"),
    });
    Ok(tokio::signal::ctrl_c().await?)
}
