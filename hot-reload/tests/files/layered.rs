//! `Layers`: files, directories, secrets and `.env` as layers, through services that see changes only by their watch.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::WatchState;
use hot_reload::source::Layers;
use hot_reload::source::layers::Unknown;
use hot_reload::{Control, Live, Outcome, Reload, ReloaderService};
use serde::{Deserialize, Serialize};

use crate::file::{World, write};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct App {
    greeting: String,
    server: Server,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Server {
    host: String,
    port: u16,
    #[serde(default)]
    password: Option<String>,
}

fn defaults() -> App {
    App {
        greeting: "default".to_owned(),
        server: Server {
            host: "localhost".to_owned(),
            port: 1,
            password: None,
        },
        tags: Vec::new(),
    }
}

/// All kinds of layers.
fn layers(world: &World) -> Layers<App> {
    Layers::new()
        .defaults(&defaults())
        .unwrap()
        .file(world.path("app.toml"))
        .optional_file(world.path("local.yaml"))
        .dir(world.path("conf.d"))
        .secrets(world.path("secrets"))
        .dotenv(world.path(".env"), "APP_")
        .env_from("APP_", || [("OTHER", "x"), ("APP_TAGS", "a, b")])
}

/// A service that never polls.
async fn start(layers: Layers<App>) -> (Live<App>, Control<App>) {
    let hour = Duration::from_secs(3600);
    let service = ReloaderService::builder(layers).realtime().interval(hour);
    service.start().await.unwrap()
}

/// Waits for a value, and fails after 10 s.
async fn becomes(live: &Live<App>, what: &str, is: impl Fn(&App) -> bool) {
    let mut changes = live.subscribe();
    let wait = async {
        loop {
            if is(&live.load()) {
                return;
            }
            let _ = changes.changed().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), wait).await;
    assert!(waited.is_ok(), "{what}: {:?}", *live.load());
}

fn make(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    write(path, text);
}

#[tokio::test]
async fn p04_edit_of_each_layer_is_seen_by_the_watch() {
    let world = World::new();
    write(
        world.path("app.toml"),
        "greeting = 'file'\n[server]\nport = 2\n",
    );
    let (live, control) = start(layers(&world)).await;
    let first = live.load().clone();
    assert_eq!((first.greeting.as_str(), first.server.port), ("file", 2));
    assert_eq!(
        (first.server.host.as_str(), first.tags.len()),
        ("localhost", 2)
    );

    // Each layer is missing at the start, created, edited, and wins over those before it.
    let port = |port| move |app: &App| app.server.port == port;
    make(&world.path("local.yaml"), "server: {port: 3}\n");
    becomes(&live, "an optional file was created", port(3)).await;
    write(world.path("local.yaml"), "server:\n  port: 4\n");
    becomes(&live, "an optional file was edited", port(4)).await;
    make(
        &world.path("conf.d/10-a.json"),
        r#"{"server": {"port": 5}}"#,
    );
    becomes(&live, "a directory was created", port(5)).await;
    make(&world.path("conf.d/20-b.yml"), "server: {port: 6}\n");
    becomes(&live, "a file was added", port(6)).await;
    fs::remove_file(world.path("conf.d/20-b.yml")).unwrap();
    becomes(&live, "a file was removed", port(5)).await;
    make(&world.path("secrets/server__password"), "first\n");
    let password =
        |text: &'static str| move |app: &App| app.server.password.as_deref() == Some(text);
    becomes(&live, "a secret was created", password("first")).await;
    make(&world.path("secrets/server__password"), "second");
    becomes(&live, "a secret was rotated", password("second")).await;
    make(
        &world.path(".env"),
        "export APP_SERVER__PORT='7' # seven\nPORT=1\n",
    );
    becomes(&live, "`.env` was created", port(7)).await;
    make(&world.path(".env"), "APP_SERVER__PORT=8\n");
    becomes(&live, "`.env` was edited", port(8)).await;
    write(world.path("app.toml"), "greeting = 'again'\n");
    becomes(&live, "the file was edited", |app| app.greeting == "again").await;
    fs::remove_file(world.path("local.yaml")).unwrap();
    fs::remove_file(world.path(".env")).unwrap();
    becomes(&live, "layers were removed", port(5)).await;

    let status = control.status();
    assert_ne!(status.watch, WatchState::Off);
    let source = status.source_status.unwrap();
    assert!(source.is_degraded_by("layer_without_watch"), "{source:?}");
    let why = source
        .degraded
        .iter()
        .find(|why| why.reason == "layer_without_watch");
    assert!(why.unwrap().message.contains("APP_*"), "{source:?}");
    control.stop().await;
}

/// The error line of a reload, after this file was written.
async fn refused(world: &World, control: &Control<App>, name: &str, text: &str) -> String {
    make(&world.path(name), text);
    match control.reload().await.outcome {
        Outcome::Rejected { error, .. } => {
            fs::remove_file(world.path(name)).unwrap();
            {
                let folder = world.path("x").parent().unwrap().display().to_string();
                error.to_string().replace(&format!("{folder}/"), "")
            }
        }
        outcome => panic!("{name}: {outcome:?}"),
    }
}

#[tokio::test]
async fn p18_mistake_names_its_layer_and_place_without_secrets() {
    let world = World::new();
    write(world.path("app.toml"), "");
    let (live, control) = start(layers(&world)).await;
    for (name, text, line) in [
        (
            "local.yaml",
            "server:\n  port: 80a\n",
            "local.yaml:2:9: server.port: expected u16, found \"80a\"",
        ),
        (
            "conf.d/10.json",
            r#"{"server": {"port": 70000}}"#,
            "conf.d/10.json:1:21: server.port: expected u16, found 70000",
        ),
        (
            "conf.d/10.toml",
            "[server]\nport = ",
            "conf.d/10.toml:2:8: expected a value after '='",
        ),
        (
            "conf.d/10.yaml",
            "- 1\n",
            "conf.d/10.yaml:1:1: expected a table, found a list",
        ),
        (
            ".env",
            "A=1\nAPP_SERVER__PORT=x\n",
            ".env:2:18: server.port: expected u16, found \"x\"",
        ),
        (
            "secrets/server__port",
            "hunter2",
            "secrets/server__port: server.port: expected u16, found a string (not shown)",
        ),
        (
            ".env",
            "APP_SERVER=1\nAPP_SERVER__PORT=1\n",
            "APP_SERVER__PORT: a key cannot have both a value and keys below it, as .env demands",
        ),
    ] {
        let found = refused(&world, &control, name, text).await;
        assert_eq!(found, line);
    }
    assert_eq!(live.load().server.port, 1);
    control.stop().await;
}

#[tokio::test]
async fn unknown_key_is_refused_or_reported_with_the_one_that_is_meant() {
    let world = World::new();
    write(world.path("app.toml"), "[server]\nprot = 2\n");
    let line = "app.toml:2:1: server: unknown key \"prot\", expected one of \"host\", \"port\", \"password\" (did you mean \"port\"?)";

    let refusing = layers(&world).unknown_keys(Unknown::Refuse);
    let error = ReloaderService::builder(refusing)
        .start()
        .await
        .unwrap_err();
    assert!(error.to_string().ends_with(line), "{error}");

    let (live, control) = start(layers(&world)).await;
    let status = control.status().to_string();
    assert!(
        status.contains("unknown keys, which are ignored: ") && status.contains(line),
        "{status}"
    );
    write(world.path("app.toml"), "[server]\nport = 2\n");
    becomes(&live, "the typo was fixed", |app| app.server.port == 2).await;
    assert!(
        !control
            .status()
            .to_string()
            .contains("unknown keys, which are ignored")
    );

    write(world.path("app.toml"), "[server]\nprot = 2\n");
    let (_live, control) = start(layers(&world).unknown_keys(Unknown::Ignore)).await;
    assert!(
        !control
            .status()
            .to_string()
            .contains("unknown keys, which are ignored")
    );
}

#[tokio::test]
async fn missing_required_layer_is_named_and_the_value_stays() {
    let world = World::new();
    let load = || async { Reload::<App, String>::reload(&layers(&world)).await };
    assert_eq!(load().await.unwrap(), None, "every source is missing");

    make(&world.path("local.yaml"), "greeting: a\n");
    let error = load().await.unwrap_err();
    let end = "app.toml: it is missing, and this layer is required";
    assert!(error.to_string().ends_with(end), "{error}");

    write(world.path("app.toml"), "");
    let (live, control) = start(layers(&world)).await;
    fs::remove_file(world.path("app.toml")).unwrap();
    match control.reload().await.outcome {
        Outcome::Failed { error } => assert!(error.to_string().ends_with(end), "{error}"),
        outcome => panic!("{outcome:?}"),
    }
    assert_eq!(live.load().greeting, "a");
}

#[tokio::test]
async fn unknown_extension_and_bad_program_values_are_told_at_once() {
    let world = World::new();
    let bad = Layers::<App>::new().file(world.path("app.ini"));
    let error = ReloaderService::builder(bad).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    for path in ["", "a..b", "a[0]", "*"] {
        let error = Layers::<App>::new().set(path, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{path}");
    }
    let error = Layers::<App>::new().defaults("text").unwrap_err();
    assert_eq!(error.to_string(), "defaults: expected a table");
    let wrong = Layers::<App>::new().defaults(&defaults()).unwrap();
    let wrong = wrong.set("server.port", "x").unwrap();
    let error = ReloaderService::builder(wrong).start().await.unwrap_err();
    let line = "set by the program: server.port: expected u16, found \"x\"";
    assert_eq!(error.to_string(), line);
}

#[tokio::test]
async fn emptied_layer_is_treated_like_a_removal() {
    let world = World::new();
    write(world.path("app.toml"), "[server]\nport = 2\n");
    make(&world.path("conf.d/10.toml"), "greeting = 'drop-in'\n");
    let (live, control) = start(layers(&world)).await;
    write(world.path("conf.d/10.toml"), "");
    // The first load only sees that it may be a removal.
    let _ = control.reload().await;
    let outcome = control.reload().await.outcome;
    assert!(!outcome.is_current(), "{outcome:?}");
    assert_eq!(live.load().greeting, "drop-in");
    write(world.path("conf.d/10.toml"), "greeting = 'again'\n");
    becomes(&live, "it has content again", |app| app.greeting == "again").await;
}

#[tokio::test]
async fn explanation_is_that_of_the_generation() {
    let world = World::new();
    write(
        world.path("app.toml"),
        "[server]\nport = 2\npassword = 'hunter2'\n",
    );
    let layers = layers(&world);
    let explain = layers.explain();
    let service = ReloaderService::builder(layers).realtime().history(5);
    let (live, control) = service
        .validate(|app: &App| {
            if app.server.port == 4 {
                Err("four")
            } else {
                Ok(())
            }
        })
        .start()
        .await
        .unwrap();
    let place = |text: &str| format!("{}{text}", world.path("").join("app.toml").display());

    let first = explain.key(&live.get(), "server.port").unwrap().unwrap();
    assert_eq!(
        (first.value.as_deref(), first.answers.len()),
        (Some("2"), 2)
    );
    assert_eq!(first.answers[0].place, place(":2:8"));
    assert!(first.answers[0].wins && !first.answers[1].wins);
    assert_eq!(
        (
            first.answers[1].layer.as_str(),
            first.answers[1].value.as_str()
        ),
        ("defaults", "1")
    );

    make(&world.path("local.yaml"), "server: {port: 3}\n");
    becomes(&live, "a later layer", |app| app.server.port == 3).await;
    // Content that was rejected explains nothing.
    make(&world.path("local.yaml"), "server: {port: 4}\n");
    assert!(!control.reload().await.outcome.is_current());
    make(
        &world.path("local.yaml"),
        "server: {port: 3}\ngreeting: b\n",
    );
    becomes(&live, "another key", |app| app.greeting == "b").await;

    let now = explain
        .key_in(&all(&live, &control), "server.port")
        .unwrap()
        .unwrap();
    assert_eq!(now.value.as_deref(), Some("3"));
    assert_eq!((now.generation.get(), now.since.get()), (3, 2));
    assert_eq!(now.before.as_deref(), Some("2"));
    let text = now.to_string();
    assert!(
        text.starts_with("server.port is 3 in generation 3, from "),
        "{text}"
    );
    assert!(text.contains("since generation 2 (before: 2)"), "{text}");

    let secret = explain
        .key(&live.get(), "server.password")
        .unwrap()
        .unwrap();
    assert_eq!(secret.value.as_deref(), Some("(not shown)"));
    assert!(!format!("{secret:?} {secret}").contains("hunter2"));
    let table = explain.key(&live.get(), "server").unwrap().unwrap();
    assert!(!format!("{table:?} {table}").contains("hunter2"));

    assert!(
        control
            .rollback_to(first.generation)
            .await
            .outcome
            .is_current()
    );
    let back = explain.key(&live.get(), "server.port").unwrap().unwrap();
    assert_eq!(
        (back.generation.get(), back.value.as_deref()),
        (4, Some("2"))
    );

    let none = explain.key(&live.get(), "server.nothing").unwrap().unwrap();
    assert_eq!((none.value, none.answers.len()), (None, 0));
    assert!(explain.key(&live.get(), "a..b").is_err());
    assert_eq!(explain.key(&Live::fixed(1).get(), "a").unwrap(), None);
}

/// The visible value and those in the history.
fn all(live: &Live<App>, control: &Control<App>) -> Vec<hot_reload::Snapshot<App>> {
    let mut all = control.history();
    all.push(live.get());
    all
}
