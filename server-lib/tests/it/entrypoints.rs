//! The three entrypoints, and the registry of the context.

use std::net::SocketAddr;
use std::time::Duration;

use hot_reload::event::Requester;
use hot_reload::policy::RemovalPolicy;
use hot_reload::{Outcome, ReloaderConfig, ReloaderService, Target};
use server_lib::{ConfigBuilder, Server, ServerConfig, ServerContext, ServerError, Shutdown};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::support::client::Client;
use crate::support::{until, within};

fn config(id: u64, more: &str) -> String {
    format!(
        "id = {id}\nname = 'a'\nlisten = '127.0.0.1:0'\n{more}\n[[routes]]\npath = '/'\nbody = 'ok'\n"
    )
}

/// A folder with this configuration, and the path of the file.
fn file(content: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml").display().to_string();
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

async fn builder(path: &str) -> ConfigBuilder {
    // Only a request loads the file again.
    let day = Duration::from_secs(24 * 3600);
    ServerConfig::builder(path).await.unwrap().interval(day)
}

type Ended = JoinHandle<Result<(), ServerError>>;

/// Serves on the full surface, and waits until the server listens.
async fn run(path: &str, context: ServerContext) -> (SocketAddr, Ended) {
    let (sender, mut address) = watch::channel(None);
    let context = context.on_listen(move |address| {
        sender.send_replace(Some(address));
    });
    let config = builder(path).await;
    let server = tokio::spawn(Server::run(config, context));
    let address = within(address.wait_for(Option::is_some)).await.unwrap();
    (address.unwrap(), server)
}

fn names(context: &ServerContext) -> Vec<String> {
    let targets = context.registry().targets();
    let names = targets.iter().map(Target::name).map(str::to_owned);
    names.collect()
}

#[tokio::test]
async fn registry_reloads_a_running_server() {
    let (_folder, path) = file(&config(1, ""));
    let shutdown = Shutdown::new();
    let context = ServerContext::new(shutdown.clone());
    let (address, server) = run(&path, context.clone()).await;
    assert_eq!(names(&context), ["config"]);
    let target = context.registry().get("config").unwrap();
    assert_eq!(target.source(), Some(path.as_str()));

    std::fs::write(&path, config(2, "")).unwrap();
    let receipts = within(context.registry().reload_all(Requester::Signal)).await;
    assert!(
        matches!(receipts[0].1.outcome, Outcome::Published { .. }),
        "{}",
        receipts[0].1
    );
    assert_eq!(Client::connect(address).await.get("/").await.id(), 2);

    shutdown.stop();
    within(server).await.unwrap().unwrap();
    assert!(names(&context).is_empty());
    assert!(target.status().stopped);
}

#[tokio::test]
async fn builder_service_refuses_an_edit_that_removes_tls() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let tls = "[tls]\ncert = 'cert.pem'\nkey = 'key.pem'\n";
    let (folder, path) = file(&format!("{}{tls}", config(1, "")));
    std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(
        folder.path().join("key.pem"),
        made.signing_key.serialize_pem(),
    )
    .unwrap();
    let shutdown = Shutdown::new();
    let context = ServerContext::new(shutdown.clone());
    let (_, server) = run(&path, context.clone()).await;

    let target = context.registry().get("config").unwrap();
    std::fs::write(&path, config(2, "")).unwrap();
    let refused = within(target.reload()).await;
    assert!(
        refused.to_string().contains("tls: the table is missing"),
        "{refused}"
    );
    std::fs::write(&path, config(3, "plaintext = true")).unwrap();
    let allowed = within(target.reload()).await;
    assert!(
        matches!(allowed.outcome, Outcome::Published { .. }),
        "{allowed}"
    );
    shutdown.stop();
    within(server).await.unwrap().unwrap();
}

#[tokio::test]
async fn second_server_on_a_registry_is_an_error_that_names_the_first_source() {
    let (_first, first) = file(&config(1, ""));
    let (_second, second) = file(&config(2, ""));
    let shutdown = Shutdown::new();
    let context = ServerContext::new(shutdown.clone());
    let (_, server) = run(&first, context.clone()).await;
    let error = Server::run(builder(&second).await, context.clone())
        .await
        .unwrap_err();
    assert!(matches!(error, ServerError::Registry(_)));
    assert!(error.to_string().contains(&first), "{error}");
    assert_eq!(names(&context), ["config"], "the first one is still there");
    shutdown.stop();
    within(server).await.unwrap().unwrap();
}

#[tokio::test]
async fn first_load_without_a_valid_configuration_ends_the_server() {
    let (folder, path) = file("id = 1\nname = 2\n");
    for expected in ["config.toml:2:8: name: ", "there is no such file"] {
        let context = ServerContext::new(Shutdown::new());
        let ended = within(Server::run(builder(&path).await, context.clone())).await;
        let error = ended.unwrap_err();
        assert!(error.is_configuration());
        assert!(error.to_string().contains(expected), "{error}");
        until(async || names(&context).is_empty().then_some(())).await;
        let _ = std::fs::remove_file(folder.path().join("config.toml"));
    }
}

#[tokio::test]
async fn stop_through_the_registry_ends_the_server_with_the_reason() {
    let (_folder, path) = file(&config(1, ""));
    let context = ServerContext::new(Shutdown::new());
    let (_, server) = run(&path, context.clone()).await;
    within(context.registry().stop_all()).await;
    let error = within(server).await.unwrap().unwrap_err();
    assert!(matches!(error, ServerError::ReloadEnded(_)), "{error}");
}

#[tokio::test]
async fn dropped_server_stops_its_service() {
    let (_folder, path) = file(&config(1, ""));
    let context = ServerContext::new(Shutdown::new());
    let (_, server) = run(&path, context.clone()).await;
    let target = context.registry().get("config").unwrap();
    server.abort();
    within(target.stopped()).await;
    assert!(names(&context).is_empty());
}

#[tokio::test]
async fn compatible_entrypoints_register_their_service() {
    for polling in [true, false] {
        let (_folder, path) = file(&config(1, ""));
        let strategy = match polling {
            true => ReloaderConfig::polling(86_400),
            false => ReloaderConfig::hybrid(86_400),
        };
        let (service, rx) = ReloaderService::new(&path, strategy).await.unwrap();
        let shutdown = Shutdown::new();
        let context = ServerContext::new(shutdown.clone());
        let server = Server::new(rx, context.clone());
        let mut listening = server.listening();
        let ended = tokio::spawn(async move {
            match polling {
                true => server.entrypoint(service).await,
                false => server.entrypoint_with_realtime(service).await,
            }
        });
        within(listening.wait_for(Option::is_some)).await.unwrap();
        // Without a name of its own, it has that of its source.
        assert_eq!(names(&context), [path.as_str()]);
        shutdown.stop();
        within(ended).await.unwrap().unwrap();
        assert!(names(&context).is_empty());
    }
}

#[tokio::test]
async fn two_compatible_servers_may_share_a_context() {
    let shutdown = Shutdown::new();
    let context = ServerContext::new(shutdown.clone());
    let mut servers = Vec::new();
    for id in [1, 2] {
        let (folder, path) = file(&config(id, ""));
        let (service, rx) = ReloaderService::new(&path, ReloaderConfig::hybrid(10))
            .await
            .unwrap();
        let server = Server::new(rx, context.clone());
        let mut listening = server.listening();
        let ended = tokio::spawn(async move { server.entrypoint_with_realtime(service).await });
        let address = *within(listening.wait_for(Option::is_some)).await.unwrap();
        let reply = Client::connect(address.unwrap()).await.get("/").await;
        assert_eq!(reply.id(), id);
        servers.push((folder, ended));
    }
    shutdown.stop();
    for (_folder, ended) in servers {
        within(ended).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn value_that_replaces_a_missing_file_starts_the_server() {
    let (folder, path) = file(&config(1, ""));
    let (live, control) = builder(&path).await.start().await.unwrap();
    let replacement = live.load().clone();
    control.stop().await;
    std::fs::remove_file(&path).unwrap();
    let shutdown = Shutdown::new();
    let config = builder(&path).await;
    let config = config.on_removal(RemovalPolicy::Replace(replacement));
    let (sender, mut address) = watch::channel(None);
    let context = ServerContext::new(shutdown.clone()).on_listen(move |address| {
        sender.send_replace(Some(address));
    });
    let server = tokio::spawn(Server::run(config, context));
    let address = within(address.wait_for(Option::is_some)).await.unwrap();
    assert_eq!(
        Client::connect(address.unwrap()).await.get("/").await.id(),
        1
    );
    shutdown.stop();
    within(server).await.unwrap().unwrap();
    drop(folder);
}

#[tokio::test]
async fn bad_content_after_a_wait_for_its_writer_ends_the_start() {
    let (_folder, path) = file("id = 1\nname = 'a'\nlisten =");
    let writer = std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap();
    let config = builder(&path).await.hybrid();
    let context = ServerContext::new(Shutdown::new());
    let registry = context.registry().clone();
    let server = tokio::spawn(Server::run(config, context));
    until(async || registry.get("config")?.status().hold).await;
    drop(writer);
    let error = within(server).await.unwrap().unwrap_err();
    assert!(matches!(error, ServerError::Configuration(_)), "{error}");
}
