//! A server on loopback that follows a file in a temporary folder, and clients.

pub(crate) mod client;
pub(crate) mod raw;
pub(crate) mod slow;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::{Control, ReloaderConfig, ReloaderService};
use server_lib::{Server, ServerConfig, ServerContext, ServerError, Shutdown};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use self::client::{Client, Reply};

/// How long anything may take before it counts as never.
const DEADLINE: Duration = Duration::from_secs(20);

/// A server that follows a file.
pub(crate) struct Rig {
    folder: TempDir,
    pub(crate) control: Control<ServerConfig>,
    pub(crate) logs: Arc<Mutex<Vec<String>>>,
    shutdown: Shutdown,
    listening: watch::Receiver<Option<SocketAddr>>,
    task: JoinHandle<Result<(), ServerError>>,
}

impl Rig {
    /// Starts a server with this configuration and waits until it listens.
    pub(crate) async fn start(config: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), config).await
    }

    /// The same in a folder that has files already.
    pub(crate) async fn start_in(folder: TempDir, config: &str) -> Self {
        Self::start_with(folder, config, DEADLINE).await
    }

    /// The same with this time for open requests after a stop.
    pub(crate) async fn start_with(folder: TempDir, config: &str, drain: Duration) -> Self {
        let path = folder.path().join("config.toml");
        std::fs::write(&path, config).unwrap();
        let path = path.display().to_string();
        let (service, rx) = ReloaderService::new(&path, ReloaderConfig::realtime())
            .await
            .unwrap();
        let control = service.control();
        let shutdown = Shutdown::new();
        let logs = Arc::new(Mutex::new(Vec::new()));
        let filters = Arc::clone(&logs);
        let context = ServerContext::new(shutdown.clone())
            .on_log(move |filter| filters.lock().unwrap().push(filter.to_owned()))
            .drain_within(drain);
        let server = Server::new(rx, context);
        let mut listening = server.listening();
        let task = tokio::spawn(async move { server.entrypoint_with_realtime(service).await });
        within(listening.wait_for(Option::is_some)).await.unwrap();
        Self {
            folder,
            control,
            logs,
            shutdown,
            listening,
            task,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Replaces the configuration by renaming a new file into its place.
    pub(crate) fn save(&self, config: &str) {
        self.put("config.toml", config);
    }

    /// Replaces any file of the folder in the same way.
    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let new = self.path(".new");
        std::fs::write(&new, content).unwrap();
        std::fs::rename(new, self.path(name)).unwrap();
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listening.borrow().unwrap()
    }

    /// The answer on a connection of its own.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        Client::connect(self.address()).await.get(path).await
    }

    /// Waits until the configuration of this number is served.
    pub(crate) async fn until_id(&self, id: u64) -> Reply {
        until(async || Some(self.get("/").await).filter(|reply| reply.id() == id)).await
    }

    /// Waits until the server listens somewhere else than there.
    pub(crate) async fn until_moved_from(&mut self, old: SocketAddr) -> SocketAddr {
        let moved = self
            .listening
            .wait_for(|now| now.is_some_and(|now| now != old));
        within(moved).await.unwrap().unwrap()
    }

    /// Waits until a load of the file has failed, and returns the error's line.
    pub(crate) async fn until_refused(&self) -> String {
        until(async || {
            self.control
                .status()
                .last_error
                .map(|error| error.to_string())
        })
        .await
    }

    pub(crate) fn tell_to_stop(&self) {
        self.shutdown.stop();
    }

    /// Stops and waits for the end.
    pub(crate) async fn stop(self) -> Result<(), ServerError> {
        self.shutdown.stop();
        within(self.task).await.unwrap()
    }
}

/// The output, or the end of the test.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(DEADLINE, work)
        .await
        .expect("it should have happened by now")
}

/// Asks until there is an answer.
pub(crate) async fn until<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    within(async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}
