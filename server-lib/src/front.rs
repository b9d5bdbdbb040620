//! [`Front`]: the listener and the settings of a server, moved from one configuration to the next.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use hot_reload::event::{EventKind, Events};
use hot_reload::{Control, Live, Outcome, Snapshot};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{debug, info, warn};

use crate::address::is_served_by;
use crate::config::{Limits, Moment, ServerConfig, Tls};
use crate::connection::{Door, Phase};
use crate::context::ServerContext;
use crate::error::ServerError;
use crate::expiry::Expiry;
use crate::listener::Listener;
use crate::state::Shared;

/// How long until an address that could not be listened on is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// What of a server faces its clients: the listener, its connections, the log filter.
///
/// Routes, limits and certificates are not moved: each request and each handshake reads them from [`Live`].
pub(crate) struct Front {
    context: ServerContext,
    live: Live<ServerConfig>,
    listening: watch::Sender<Option<SocketAddr>>,
    /// The configuration that was applied last.
    applied: Option<Snapshot<ServerConfig>>,
    /// The log filter that was set last.
    log: Option<String>,
    /// The limits in use.
    limits: Option<Limits>,
    /// The certificate in use.
    tls: Option<Tls>,
    expiry: Expiry,
    /// The events of the configuration's service.
    events: Events,
    shared: Shared,
    /// Through which connections come in.
    door: Door,
    listener: Option<Listener>,
    /// The address that could not be bound, and when it is tried again.
    awaited: Option<(SocketAddr, Instant)>,
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
        let door = Door::new(shared.clone(), phase.subscribe(), alive);
        Self {
            context,
            live,
            listening,
            applied: None,
            log: None,
            limits: None,
            tls: None,
            expiry: Expiry::default(),
            events: control.events(),
            shared,
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
        self.follow_tls(&now);
        if self
            .limits
            .replace(now.limits)
            .is_some_and(|old| old != now.limits)
        {
            // Waiting connections compute their deadlines again.
            self.phase.send_replace(Phase::Serving);
        }
        self.awaited = None;
        match self.move_to(&now).await {
            // There is no other address to stay on, so somebody has to see to it.
            Err(error) if !self.has_listened() => return Err(error),
            Err(error) => {
                let kept = self
                    .local()
                    .map_or_else(|| "none".to_owned(), |kept| kept.to_string());
                warn!(kept, "{error}; it is tried again every {RETRY:?}");
                self.awaited = Some((now.listen, Instant::now() + RETRY));
            }
            Ok(()) => {}
        }
        // Last, so that a new log filter does not silence the lines about its own configuration.
        if self.log.as_ref() != Some(&now.log) {
            (self.context.on_log)(&now.log);
            self.log = Some(now.log.clone());
        }
        Ok(())
    }

    /// Logs warnings about the newest certificate. New connections already use it.
    fn follow_tls(&mut self, now: &ServerConfig) {
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
        self.expiry = Expiry::default();
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

    /// Repeats the whole attempt to bind an address that could not be bound. Further failures are logged at DEBUG.
    pub(crate) async fn move_again(&mut self) {
        let now = self.live.get();
        let Some((address, _)) = self.awaited.take() else {
            return;
        };
        if address == now.listen
            && let Err(error) = self.move_to(&now).await
        {
            debug!("{error}");
            self.awaited = Some((address, Instant::now() + RETRY));
        }
    }

    /// Ends: nobody new is let in, and who is in has the context's time to finish.
    pub(crate) async fn drain(self) {
        let Self {
            context,
            listening,
            shared,
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
        shared.limit_log.report_all();
        listening.send_replace(None);
    }

    /// Moves to the configured address. The new address is bound before the old one is closed.
    async fn move_to(&mut self, now: &Snapshot<ServerConfig>) -> Result<(), ServerError> {
        let address = now.listen;
        let old = self.listener.as_ref();
        if old.is_some_and(|old| is_served_by(address, old.local)) {
            return Ok(());
        }
        let listener = Listener::bind(address, old, self.door.clone())
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
        self.listening.borrow().is_some()
    }

    fn local(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|listener| listener.local)
    }
}

/// Warns before the certificate expires, and about refused edits that may have kept a renewed one out.
async fn watch_certificate<T>(tls: Option<&Tls>, expiry: &mut Expiry, events: &mut Events) -> T {
    loop {
        let look = async {
            match tls {
                Some(tls) => {
                    let (text, next) = expiry.look(tls.validity(), Moment::now());
                    if let Some(text) = text {
                        warn!("{text}");
                    }
                    sleep(next).await;
                }
                None => pending().await,
            }
        };
        tokio::select! {
            () = look => {}
            event = events.next() => match event.map(|event| event.kind) {
                Some(EventKind::Load { outcome: Outcome::Rejected { .. }, .. }) => {
                    if let Some(tls) = tls
                        && expiry.stays(Instant::now())
                    {
                        warn!("the present certificate stays in use, which is valid until {}", tls.validity().until);
                    }
                }
                Some(_) => {}
                None => pending().await,
            },
        }
    }
}
