//! [`Front`]: what of a server faces its clients, carried from one configuration to the next.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hot_reload::{Live, Snapshot};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::config::ServerConfig;
use crate::connection::{Door, Phase};
use crate::context::ServerContext;
use crate::error::ServerError;
use crate::listener::Listener;
use crate::state::Shared;

/// How long until an address that could not be listened on is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// What of a server faces its clients: the listener, its connections, the log filter.
///
/// Routes, limits and certificates need no carrying: whoever needs them takes them from [`Live`] at that moment.
pub(crate) struct Front {
    context: ServerContext,
    live: Live<ServerConfig>,
    listening: watch::Sender<Option<SocketAddr>>,
    /// The log filter that was set last.
    log: Option<String>,
    /// Through which connections come in.
    door: Door,
    listener: Option<Listener>,
    /// An address that could not be listened on, and is tried again.
    awaited: Option<SocketAddr>,
    /// Ends all connections when it is dropped.
    phase: watch::Sender<Phase>,
    /// Closes once the last connection is gone.
    connections: mpsc::Receiver<()>,
}

impl Front {
    pub(crate) fn new(
        context: ServerContext,
        live: Live<ServerConfig>,
        listening: watch::Sender<Option<SocketAddr>>,
    ) -> Self {
        let (alive, connections) = mpsc::channel(1);
        let phase = watch::Sender::new(Phase::Serving);
        let door = Door::new(Shared::new(live.clone()), phase.subscribe(), alive);
        Self {
            context,
            live,
            listening,
            log: None,
            door,
            listener: None,
            awaited: None,
            phase,
            connections,
        }
    }

    /// Takes on the newest configuration.
    ///
    /// # Errors
    ///
    /// [`ServerError::Listen`] if this is the first one and its address cannot be listened on. Later the old address
    /// stays, the reason is logged, and the new one is tried again.
    pub(crate) async fn follow(&mut self) -> Result<(), ServerError> {
        // An empty value would mean that the file is gone; the last good one is still the configuration.
        let Some(now) = self.live.try_get() else {
            return Ok(());
        };
        info!(
            generation = now.generation().get(),
            id = now.id,
            name = now.name,
            "configuration applied"
        );
        if self.log.as_ref() != Some(&now.log) {
            (self.context.on_log)(&now.log);
            self.log = Some(now.log.clone());
        }
        self.awaited = None;
        match self.move_to(&now, true).await {
            // There is no other address to stay on, so somebody has to see to it.
            Err(error) if !self.has_listened() => Err(error),
            Err(error) => {
                let kept = self
                    .local()
                    .map_or_else(|| "none".to_owned(), |kept| kept.to_string());
                warn!(kept, "{error}; it is tried again every {RETRY:?}");
                self.awaited = Some(now.listen);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Waits until [`move_again`](Self::move_again) is due, while the listener does its work. Cancel safe.
    ///
    /// # Errors
    ///
    /// [`ServerError::Accept`] if the listener cannot go on.
    pub(crate) async fn accepting(&mut self) -> Result<(), ServerError> {
        let failed = async {
            match &mut self.listener {
                Some(listener) => listener.failed().await,
                None => pending().await,
            }
        };
        let due = async {
            match self.awaited {
                Some(_) => sleep(RETRY).await,
                None => pending().await,
            }
        };
        tokio::select! {
            why = failed => Err(ServerError::Accept(why)),
            () = due => Ok(()),
        }
    }

    /// Tries an address again that could not be listened on. Nothing is said about a further failure.
    pub(crate) async fn move_again(&mut self) {
        let now = self.live.get();
        if self.awaited == Some(now.listen) && self.move_to(&now, false).await.is_ok() {
            self.awaited = None;
        }
    }

    /// Ends: nobody new is let in, and who is in has the context's time to finish.
    pub(crate) async fn drain(self) {
        let Self {
            context,
            listening,
            door,
            listener,
            phase,
            mut connections,
            ..
        } = self;
        phase.send_replace(Phase::Draining);
        if let Some(listener) = listener {
            listener.close().await;
        }
        drop(door);
        if timeout(context.drain, connections.recv()).await.is_err() {
            warn!("some requests did not end in time and are cut off");
        }
        listening.send_replace(None);
    }

    /// Listens where the configuration says. The new address is bound before the old one is let go of; only where the old
    /// one is in its way, and if that `may` be, the other way round.
    async fn move_to(
        &mut self,
        now: &Snapshot<ServerConfig>,
        may_exchange: bool,
    ) -> Result<(), ServerError> {
        let address = now.listen;
        if self
            .listener
            .as_ref()
            .is_some_and(|listener| listener.wanted == address)
        {
            return Ok(());
        }
        let mut bound = Listener::bind(address, self.door.clone()).await;
        if bound.is_err()
            && may_exchange
            && let Some(old) = self.listener.take_if(|old| overlap(old.local, address))
        {
            bound = self.exchange(old, address).await;
        }
        let listener = bound.map_err(|source| ServerError::Listen { address, source })?;
        info!(address = %listener.local, tls = now.tls.is_some(), "listening");
        self.listening.send_replace(Some(listener.local));
        if let Some(old) = self.listener.replace(listener) {
            old.close().await;
        }
        Ok(())
    }

    /// Binds an address that the old listener is in the way of. If that fails, the old one is opened again.
    async fn exchange(&mut self, old: Listener, address: SocketAddr) -> io::Result<Listener> {
        let before = old.local;
        old.close().await;
        let bound = Listener::bind(address, self.door.clone()).await;
        if bound.is_err() {
            let again = Listener::bind(before, self.door.clone()).await;
            if let Err(error) = &again {
                warn!(address = %before, "the old address could not be listened on again: {error}");
            }
            self.listener = again.ok();
        }
        bound
    }

    fn has_listened(&self) -> bool {
        self.listening.borrow().is_some()
    }

    fn local(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|listener| listener.local)
    }
}

/// Whether two addresses cannot be listened on at once, because one of them means all addresses.
fn overlap(a: SocketAddr, b: SocketAddr) -> bool {
    a.port() == b.port() && (a.ip().is_unspecified() || b.ip().is_unspecified())
}
