//! [`ServerContext`]: the connection between a server and the program that runs it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// The connection between a server and the program that runs it: the signal to stop, and the setter of the log filter.
///
/// ```
/// use server_lib::{ServerContext, Shutdown};
///
/// let shutdown = Shutdown::new();
/// let context = ServerContext::new(shutdown.clone()).on_log(|filter| println!("log filter: {filter}"));
/// shutdown.stop();
/// ```
#[derive(Clone)]
pub struct ServerContext {
    pub(crate) shutdown: Shutdown,
    pub(crate) on_log: Arc<dyn Fn(&str) + Send + Sync>,
    pub(crate) drain: Duration,
}

impl ServerContext {
    /// A context without a log filter to set. Open requests get 10 s to end after a stop.
    pub fn new(shutdown: Shutdown) -> Self {
        Self {
            shutdown,
            on_log: Arc::new(|_| {}),
            drain: Duration::from_secs(10),
        }
    }

    /// Calls this with the log filter of the first configuration, and with each other one that follows.
    #[must_use]
    pub fn on_log(self, set: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            on_log: Arc::new(set),
            ..self
        }
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

    /// Gives the signal. It cannot be taken back.
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
