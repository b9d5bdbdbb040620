//! One connection, from its handshake to its end.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tracing::debug;

use crate::request::router;
use crate::state::Shared;

/// How long a client may take for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How far the server is on its way to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Requests are answered.
    Serving,
    /// Requests that have begun are answered.
    Draining,
}

/// What a connection is given when it is accepted.
#[derive(Clone)]
pub(crate) struct Door {
    shared: Shared,
    router: Router,
    phase: watch::Receiver<Phase>,
    /// Closed once the last connection is gone.
    alive: mpsc::Sender<()>,
}

impl Door {
    pub(crate) fn new(
        shared: Shared,
        phase: watch::Receiver<Phase>,
        alive: mpsc::Sender<()>,
    ) -> Self {
        Self {
            router: router(shared.clone()),
            shared,
            phase,
            alive,
        }
    }

    /// Serves this connection in a task of its own, which ends with the server at the latest.
    pub(crate) fn serve(&self, stream: TcpStream) {
        let door = self.clone();
        let mut phase = self.phase.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = door.handle(stream) => {}
                // The server is gone, and with it the sender.
                () = async { while phase.changed().await.is_ok() {} } => {}
            }
        });
    }

    async fn handle(self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        // Whether this connection has TLS, and with which certificate, is the configuration of now.
        let tls = self.shared.now().tls.as_ref().map(|tls| tls.acceptor());
        match tls {
            None => self.requests(stream).await,
            Some(acceptor) => match self
                .before_the_end(timeout(HANDSHAKE, acceptor.accept(stream)))
                .await
            {
                Some(Ok(Ok(stream))) => self.requests(stream).await,
                Some(Ok(Err(error))) => debug!(%error, "a TLS handshake failed"),
                Some(Err(_)) => debug!("a TLS handshake took too long"),
                None => {}
            },
        }
    }

    async fn requests(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let Self {
            router,
            mut phase,
            alive,
            ..
        } = self;
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = draining(&mut phase) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            debug!(%error, "a connection failed");
        }
        drop(alive);
    }

    /// The result, unless the server ends first.
    async fn before_the_end<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut phase = self.phase.clone();
        tokio::select! {
            done = work => Some(done),
            () = draining(&mut phase) => None,
        }
    }
}

/// Waits for the end to begin. Cancel safe.
async fn draining(phase: &mut watch::Receiver<Phase>) {
    // An error means that the server is gone already.
    let _ = phase.wait_for(|phase| *phase == Phase::Draining).await;
}
