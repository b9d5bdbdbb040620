//! Admin endpoints in any program of axum: the state of the configuration, and a reload that answers with its outcome.
//!
//! `cargo run --example admin` writes its own file and prints what to do next. Ctrl-C ends it.

use axum::{Router, extract::State, routing::get};
use examples::say;
use hot_reload::admin::Admin;
use hot_reload::{Live, Registry};

#[derive(PartialEq, serde::Deserialize)]
struct AppConfig {
    greeting: String,
}

async fn greet(State(config): State<Live<AppConfig>>) -> String {
    config.load().greeting.clone() + "\n"
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let path = std::env::temp_dir().join("hot_reload-admin.toml");
    std::fs::write(&path, "greeting = \"hello\"\n")?;
    let registry = Registry::new();
    let admin = Admin::new(&registry);
    let service = hot_reload::open::<AppConfig>(&path).name("config");
    let (config, control) = service.register(&registry).start().await?;

    let app = Router::new().route("/", get(greet)).with_state(config);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let at = listener.local_addr()?;
    say(format!("edit {}, then:", path.display()));
    say(format!(
        "curl http://{at}/debug/reload/status?target=config"
    ));
    say(format!(
        "curl -X POST -H 'X-Reload: 1' http://{at}/-/reload"
    ));
    axum::serve(listener, app.merge(admin.router()))
        .with_graceful_shutdown(async move {
            _ = tokio::signal::ctrl_c().await;
            // Ends the streams of events, so that the server need not wait for them.
            control.stop().await;
        })
        .await?;
    Ok(())
}
