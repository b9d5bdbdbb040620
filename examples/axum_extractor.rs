//! Handlers of axum that take the configuration as an argument: one snapshot for each request.
//!
//! `cargo run --example axum_extractor` starts a server, sends requests, rewrites its file during a request, and ends
//! automatically.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::{env, fs, io};

use anyhow::Context;
use axum::Router;
use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;
use hot_reload::source::{File, Source, Toml};
use hot_reload::{Live, ReloaderService, Snapshot};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppConfig {
    greeting: String,
}

// ===== Copy this part into your program =====

/// The configuration of one request.
///
/// A request holds one snapshot across `.await`, so it does not see values that are published meanwhile.
struct Current<C>(Snapshot<C>);

impl<S, C> FromRequestParts<S> for Current<C>
where
    S: Sync,
    C: Send + Sync + 'static,
    Live<C>: FromRef<S>,
{
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        // Middleware and handler of a request must use the same snapshot, so the first extraction stores it.
        if let Some(taken) = parts.extensions.get::<Snapshot<C>>() {
            return Ok(Self(taken.clone()));
        }
        // A handle from `start` always has a value. Other handles may have none yet.
        let snapshot = Live::from_ref(state)
            .try_get()
            .ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
        parts.extensions.insert(snapshot.clone());
        Ok(Self(snapshot))
    }
}

#[derive(Clone)]
struct App {
    config: Live<AppConfig>,
    backend: Arc<Backend>,
}

impl FromRef<App> for Live<AppConfig> {
    fn from_ref(app: &App) -> Self {
        app.config.clone()
    }
}

async fn greet(Current(config): Current<AppConfig>) -> String {
    format!("generation {}: {}", config.generation(), config.greeting)
}

async fn report(Current(config): Current<AppConfig>, State(app): State<App>) -> String {
    let before = config.greeting.clone();
    app.backend.answer().await;
    // `config` has not changed. A second `load` returns a newer value, so a page must not mix the two.
    let other = app.config.load();
    format!(
        "generation {}: {before}, {} (a second load: {})",
        config.generation(),
        config.greeting,
        other.greeting
    )
}

// ===== The rest is for the demonstration =====

/// A slow backend: it answers once the example lets it.
#[derive(Default)]
struct Backend {
    asked: Notify,
    go_on: Notify,
}

impl Backend {
    async fn answer(&self) {
        self.asked.notify_one();
        self.go_on.notified().await;
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().without_time().init();
    let path = env::temp_dir().join("hot_reload-axum_extractor.toml");
    write(&path, "greeting = \"hello\"\n")?;
    let source = File::new(&path).decode(Toml::<AppConfig>::new());
    let (config, control) = ReloaderService::builder(source).hybrid().start().await?;

    let app = App {
        config,
        backend: Arc::default(),
    };
    let router = Router::new()
        .route("/greet", get(greet))
        .route("/report", get(report))
        .with_state(app.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::select! {
        served = axum::serve(listener, router) => served?,
        shown = show(address, &app, &path) => shown?,
    }
    control.stop().await;
    Ok(())
}

/// Rewrites the file during a request, and sends another request before the first one is answered.
async fn show(address: SocketAddr, app: &App, path: &Path) -> anyhow::Result<()> {
    say("before", &ask(address, "/greet").await?);
    let meanwhile = async {
        app.backend.asked.notified().await;
        let mut changes = app.config.subscribe();
        write(path, "greeting = \"good morning\"\n")?;
        changes.changed().await.context("the service has stopped")?;
        say("the next request", &ask(address, "/greet").await?);
        app.backend.go_on.notify_one();
        Ok(())
    };
    let (slow, ()) = tokio::try_join!(ask(address, "/report"), meanwhile)?;
    say("the slow request", &slow);
    say("after", &ask(address, "/greet").await?);
    Ok(())
}

/// Sends one minimal HTTP request.
async fn ask(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    anyhow::ensure!(head.starts_with("HTTP/1.1 200 "), "{path}: {head}");
    Ok(body.to_owned())
}

/// Replaces the file atomically, as a deploy script does.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, text)?;
    fs::rename(beside, path)
}

#[allow(
    clippy::print_stdout,
    reason = "the output of an example is for a person"
)]
fn say(who: &str, what: &str) {
    println!("{who}: {what}");
}
