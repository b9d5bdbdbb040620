//! A service of axum with a hot configuration: each request has one snapshot of it.
//!
//! `cargo run --example axum_extractor` writes its own file and prints what to do next. Ctrl-C ends it.

use axum::{Router, extract::State, routing::get};
use examples::say;
use hot_reload::Live;
use hot_reload::axum::Current;

#[derive(PartialEq, serde::Deserialize)]
struct AppConfig {
    greeting: String,
}

async fn greet(config: Current<AppConfig>) -> String {
    format!("generation {}: {}\n", config.generation(), config.greeting)
}

/// Answers after the next change, still with the value that was visible when the request came.
async fn slow(config: Current<AppConfig>, State(live): State<Live<AppConfig>>) -> String {
    let mut changes = live.subscribe();
    say("a slow request waits for a change");
    changes.changed().await;
    format!("{} (now {})\n", config.greeting, live.load().greeting)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let path = std::env::temp_dir().join("hot_reload-axum_extractor.toml");
    std::fs::write(&path, "greeting = \"hello\"\n")?;
    let (config, control) = hot_reload::open::<AppConfig>(&path).start().await?;

    let router = Router::new()
        .route("/", get(greet))
        .route("/slow", get(slow));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    say(format!(
        "curl {}/slow, and edit {}",
        listener.local_addr()?,
        path.display()
    ));
    let served = axum::serve(listener, router.with_state(config));
    served
        .with_graceful_shutdown(async { _ = tokio::signal::ctrl_c().await })
        .await?;
    control.stop().await;
    Ok(())
}
