//! [`ServerContext`]: the state that a server shares with the program that runs it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hot_reload::Registry;
use tokio::sync::watch;

/// The state that a server shares with the program that runs it: the signal to stop, the registry of services, and callbacks.
///
/// Each server registers the service that loads its configuration and certificates. It is named `config`, or `ServerConfig`
/// on the compatible surface.
/// Admin endpoints, signals and metrics use them from there.
///
/// ```
/// use server_lib::{ServerContext, Shutdown};
///
/// let shutdown = Shutdown::new();
/// let context = ServerContext::new(shutdown.clone())
///     .on_log(|filter| println!("log filter: {filter}"))
///     .on_listen(|address| println!("listening on {address}"));
/// context.registry().on_event(|event| println!("{}: {}", event.target, event.kind));
/// shutdown.stop();
/// ```
#[derive(Clone)]
pub struct ServerContext {
    pub(crate) shutdown: Shutdown,
    registry: Registry,
    pub(crate) on_log: Arc<dyn Fn(&str) + Send + Sync>,
    pub(crate) on_listen: Arc<dyn Fn(SocketAddr) + Send + Sync>,
    pub(crate) drain: Duration,
}

impl ServerContext {
    /// A context without callbacks, with a registry of its own. Open requests get 10 s to end after a stop.
    pub fn new(shutdown: Shutdown) -> Self {
        Self {
            shutdown,
            registry: Registry::new(),
            on_log: Arc::new(|_| {}),
            on_listen: Arc::new(|_| {}),
            drain: Duration::from_secs(10),
        }
    }

    /// Calls this with the log filter of the first configuration, and with each later filter that differs.
    #[must_use]
    pub fn on_log(self, set: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            on_log: Arc::new(set),
            ..self
        }
    }

    /// Calls this with the address on which the server listens, at the start and after each move.
    #[must_use]
    pub fn on_listen(self, listening: impl Fn(SocketAddr) + Send + Sync + 'static) -> Self {
        Self {
            on_listen: Arc::new(listening),
            ..self
        }
    }

    /// Registers the server's services in this registry, beside those of the program.
    #[must_use]
    pub fn with_registry(self, registry: Registry) -> Self {
        Self { registry, ..self }
    }

    /// The registry of the server's services. A service leaves it when it stops.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Gives open requests this long to end after a stop.
    #[must_use]
    pub fn drain_within(self, drain: Duration) -> Self {
        Self { drain, ..self }
    }
}

impl fmt::Debug for ServerContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerContext")
            .field("shutdown", &self.shutdown)
            .field("registry", &self.registry)
            .field("drain", &self.drain)
            .finish_non_exhaustive()
    }
}

/// The signal to stop a server. Clones share it.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Sender<bool>);

impl Shutdown {
    /// A signal that was not given yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Gives the signal. It cannot be revoked.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Waits for the signal. Cancel safe.
    pub async fn stopped(&self) {
        // The sender is held by `self`, so the channel cannot close.
        let _ = self.0.subscribe().wait_for(|given| *given).await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}
