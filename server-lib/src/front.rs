//! [`Front`]: applies each configuration to the listener, the open connections and the log filter.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use hot_reload::event::{EventKind, Events};
use hot_reload::{Control, Live, Outcome, Snapshot};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{debug, info, warn};

use crate::address::is_served_by;
use crate::config::{Limits, ServerConfig, Tls};
use crate::connection::{ConnectionHandler, Phase};
use crate::context::ServerContext;
use crate::error::ServerError;
use crate::expiry::{ExpiryWarnings, now};
use crate::listener::Listener;
use crate::state::Shared;

/// How long until the server tries again to bind an address.
const BIND_RETRY: Duration = Duration::from_secs(5);

/// The parts of a server that have to be changed for a new configuration: listener, connections, log filter.
///
/// Routes, limits and certificates need no change: each request and each handshake reads them from [`Live`].
pub(crate) struct Front {
    context: ServerContext,
    live: Live<ServerConfig>,
    listening: watch::Sender<Option<SocketAddr>>,
    /// The configuration that was applied last.
    applied: Option<Snapshot<ServerConfig>>,
    /// The log filter in use.
    log_filter: Option<String>,
    /// The limits in use.
    limits: Option<Limits>,
    /// The certificate in use.
    tls: Option<Tls>,
    expiry: ExpiryWarnings,
    /// The events of the configuration's service.
    events: Events,
    shared: Shared,
    /// Serves the connections that the listener accepts.
    handler: ConnectionHandler,
    listener: Option<Listener>,
    /// The address that could not be bound, and when the server tries again.
    bind_retry: Option<(SocketAddr, Instant)>,
    /// Ends all connections when it is dropped.
    phase: watch::Sender<Phase>,
    /// Closes once the last connection is gone.
    connections: mpsc::Receiver<()>,
}

impl Front {
    pub(crate) fn new(
        context: ServerContext,
        control: &Control<ServerConfig>,
        live: Live<ServerConfig>,
        listening: watch::Sender<Option<SocketAddr>>,
    ) -> Self {
        let (alive, connections) = mpsc::channel(1);
        let phase = watch::Sender::new(Phase::Serving);
        let shared = Shared::new(live.clone());
        let handler = ConnectionHandler::new(shared.clone(), phase.subscribe(), alive);
        Self {
            context,
            live,
            listening,
            applied: None,
            log_filter: None,
            limits: None,
            tls: None,
            expiry: ExpiryWarnings::default(),
            events: control.events(),
            shared,
            handler,
            listener: None,
            bind_retry: None,
            phase,
            connections,
        }
    }

    /// Applies the newest configuration.
    ///
    /// # Errors
    ///
    /// [`ServerError::Listen`] if the first configuration's address cannot be bound. Later, the old address stays in use, and
    /// the server logs the reason and tries again.
    pub(crate) async fn apply(&mut self) -> Result<(), ServerError> {
        // An empty value would mean that the file is gone; the last good one is still the configuration.
        let Some(now) = self.live.try_get() else {
            return Ok(());
        };
        let before = self.applied.replace(now.clone());
        info!(
            generation = now.generation().get(),
            id = now.id,
            name = now.name,
            listen = %now.listen,
            tls = now.tls.is_some(),
            changed = before.map(|before| now.changed_since(&before)),
            "configuration applied"
        );
        self.apply_tls(&now);
        if self
            .limits
            .replace(now.limits)
            .is_some_and(|old| old != now.limits)
        {
            // Waiting connections compute their deadlines again.
            self.phase.send_replace(Phase::Serving);
        }
        self.bind_retry = None;
        match self.listen_on(&now).await {
            // The server has no other address.
            Err(error) if !self.has_listened() => return Err(error),
            Err(error) => {
                let kept = self
                    .local()
                    .map_or_else(|| "none".to_owned(), |kept| kept.to_string());
                warn!(kept, "{error}; the server tries again every {BIND_RETRY:?}");
                self.bind_retry = Some((now.listen, Instant::now() + BIND_RETRY));
            }
            Ok(()) => {}
        }
        // Last, so that a new log filter does not silence the lines about its own configuration.
        if self.log_filter.as_ref() != Some(&now.log) {
            (self.context.on_log)(&now.log);
            self.log_filter = Some(now.log.clone());
        }
        Ok(())
    }

    /// Logs warnings about the newest certificate. New connections already use it.
    fn apply_tls(&mut self, now: &ServerConfig) {
        if self.tls == now.tls {
            return;
        }
        if self.tls.is_some() && now.tls.is_none() {
            warn!("connections are in plain text from now on, as plaintext = true allows");
        }
        for warning in now.tls.iter().flat_map(Tls::warnings) {
            warn!("{warning}");
        }
        self.tls.clone_from(&now.tls);
        self.expiry = ExpiryWarnings::default();
    }

    /// Waits until [`retry_bind`](Self::retry_bind) is due. Meanwhile it logs warnings and counts of limits. Cancel safe.
    ///
    /// # Errors
    ///
    /// [`ServerError::Accept`] if the accept loop fails.
    pub(crate) async fn bind_retry_due(&mut self) -> Result<(), ServerError> {
        let failed = async {
            match &mut self.listener {
                Some(listener) => listener.failed().await,
                None => pending().await,
            }
        };
        let due = async {
            match self.bind_retry {
                Some((_, again)) => sleep_until(again).await,
                None => pending().await,
            }
        };
        let reporting = async {
            loop {
                self.shared.limit_log.due().await;
                self.shared.limit_log.report();
            }
        };
        tokio::select! {
            why = failed => Err(ServerError::Accept(why)),
            () = due => Ok(()),
            never = reporting => never,
            never = watch_certificate(self.tls.as_ref(), &mut self.expiry, &mut self.events) => never,
        }
    }

    /// Tries again to bind the address that could not be bound. Logs further failures at DEBUG.
    pub(crate) async fn retry_bind(&mut self) {
        let now = self.live.get();
        let Some((address, _)) = self.bind_retry.take() else {
            return;
        };
        if address == now.listen
            && let Err(error) = self.listen_on(&now).await
        {
            debug!("{error}");
            self.bind_retry = Some((address, Instant::now() + BIND_RETRY));
        }
    }

    /// Stops listening, and gives open requests the context's time to finish.
    pub(crate) async fn drain(self) {
        let Self {
            context,
            listening,
            shared,
            handler,
            listener,
            phase,
            mut connections,
            ..
        } = self;
        phase.send_replace(Phase::Draining);
        if let Some(listener) = listener {
            listener.close().await;
        }
        drop(handler);
        if timeout(context.drain, connections.recv()).await.is_err() {
            warn!("some requests did not end in time; their connections are closed");
        }
        shared.limit_log.report_all();
        listening.send_replace(None);
    }

    /// Ends at once, after an error: closes the listener and all connections.
    pub(crate) fn close(self) {
        self.listening.send_replace(None);
    }

    /// Listens on the configured address. Binds the new address before it closes the old one.
    async fn listen_on(&mut self, now: &Snapshot<ServerConfig>) -> Result<(), ServerError> {
        let address = now.listen;
        let old = self.listener.as_ref();
        if old.is_some_and(|old| is_served_by(address, old.local)) {
            return Ok(());
        }
        let listener = Listener::bind(address, old, self.handler.clone())
            .map_err(|source| ServerError::Listen { address, source })?;
        info!(address = %listener.local, tls = now.tls.is_some(), "listening");
        self.listening.send_replace(Some(listener.local));
        (self.context.on_listen)(listener.local);
        if let Some(old) = self.listener.replace(listener) {
            old.close().await;
        }
        Ok(())
    }

    fn has_listened(&self) -> bool {
        self.listener.is_some()
    }

    fn local(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|listener| listener.local)
    }
}

/// Warns before the certificate expires, and about refused edits that may have kept a renewed one out.
async fn watch_certificate<T>(
    tls: Option<&Tls>,
    expiry: &mut ExpiryWarnings,
    events: &mut Events,
) -> T {
    loop {
        let check = async {
            match tls {
                Some(tls) => {
                    let (warning, next) = expiry.check(tls.validity(), now());
                    if let Some(warning) = warning {
                        warn!("{warning}");
                    }
                    sleep(next).await;
                }
                None => pending().await,
            }
        };
        tokio::select! {
            () = check => {}
            event = events.next() => match event.map(|event| event.kind) {
                Some(EventKind::Load { outcome: Outcome::Rejected { .. }, .. }) => {
                    if let Some(tls) = tls
                        && expiry.is_stays_due(Instant::now())
                    {
                        warn!("the present certificate stays in use; it is valid until {}", tls.validity().until);
                    }
                }
                Some(_) => {}
                None => pending().await,
            },
        }
    }
}
