//! A program that systemd starts, reloads and watches. Linux only.
//!
//! `cargo run --example systemd_sighup` writes its own file and prints what to do next. It also runs without systemd: then only
//! SIGHUP works. Ctrl-C or SIGTERM ends it. Its unit, for systemd 253 and later:
//!
//! ```ini
//! [Service]
//! Type=notify-reload
//! ExecStart=/usr/local/bin/systemd_sighup
//! WatchdogSec=30
//! ```

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    use std::pin::pin;

    use examples::say;
    use hot_reload::{Registry, systemd};
    use tokio::signal::unix::{SignalKind, signal};

    tracing_subscriber::fmt().without_time().init();
    // First, because SIGHUP ends the process until the handler is installed.
    let services = Registry::new();
    let notifier = systemd::Notifier::start(&services)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = pin!(tokio::signal::ctrl_c());

    let path = std::env::temp_dir().join("hot_reload-systemd_sighup.toml");
    std::fs::write(&path, "greeting = \"hello\"\n")?;
    let (config, control) = hot_reload::open::<AppConfig>(&path)
        .name("config")
        // Only SIGHUP loads the file. Without this line, each edit is published at once.
        .enabled(false)
        .register(&services)
        .start()
        .await?;
    say(format!("generation 1: {:?}", *config.load()));
    say(format!(
        "edit {}, then: kill -HUP {}",
        path.display(),
        std::process::id()
    ));
    // The first value is there. A server binds its listeners before this.
    notifier.ready();

    let mut changes = config.subscribe();
    loop {
        tokio::select! {
            Some(now) = changes.changed() => {
                say(format!("generation {}: {:?}", now.generation(), *now));
            }
            _ = terminate.recv() => break,
            _ = &mut interrupt => break,
        }
    }
    notifier.stopping();
    control.stop().await;
    Ok(())
}

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "it is only printed")]
struct AppConfig {
    greeting: String,
}
