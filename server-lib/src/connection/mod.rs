//! [`ConnectionHandler`]: serves each accepted connection, from its TLS handshake to its end.
//!
//! - `heads`: finds out whether the next request has begun;
//! - `progress`: the stage of its request, and the deadline of that stage;
//! - `transport`: a wrapper of the stream that records it.

mod heads;
mod progress;
mod transport;

use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

pub(crate) use self::progress::Progress;
use self::progress::Stage;
use self::transport::{Transport, Watched};
use crate::limit_log::Limit;
use crate::request::{ResponseBody, answer, head_timed_out};
use crate::state::Shared;

/// How long to go on reading from a client that still sends when its connection ends. If its data were refused before it
/// has read the response, its system would discard the response.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// The phase of the server's shutdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Requests are answered.
    Serving,
    /// Only open requests are answered.
    Draining,
}

/// Serves connections: the accept loop hands over each stream.
#[derive(Clone)]
pub(crate) struct ConnectionHandler {
    shared: Shared,
    /// Sent again when limits have changed.
    phase: watch::Receiver<Phase>,
    /// Closed once the last connection is gone.
    alive: mpsc::Sender<()>,
}

/// How the requests of a connection ended.
enum End {
    /// The HTTP connection ended.
    Closed(hyper::Result<()>),
    /// This stage timed out.
    TimedOut(Stage),
    /// The connection was evicted to make room for a new one.
    Evicted,
}

impl ConnectionHandler {
    pub(crate) fn new(
        shared: Shared,
        phase: watch::Receiver<Phase>,
        alive: mpsc::Sender<()>,
    ) -> Self {
        Self {
            shared,
            phase,
            alive,
        }
    }

    /// Serves this connection in a task of its own, which ends with the server at the latest. At the connection limit, it
    /// waits a moment until an evicted connection has closed.
    pub(crate) async fn serve(&self, stream: TcpStream) {
        let max = self.shared.max_connections();
        let Some(permit) = self.shared.connection_limit.acquire(max).await else {
            self.shared.limit_log.count(Limit::Connections);
            return;
        };
        if permit.over_limit {
            self.shared.limit_log.count(Limit::Connections);
        }
        let handler = self.clone();
        let mut phase = self.phase.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = handler.handle(stream, Arc::new(Progress::new(permit))) => {}
                // The sender is dropped with the server.
                () = async { while phase.changed().await.is_ok() {} } => {}
            }
        });
    }

    async fn handle(self, stream: TcpStream, progress: Arc<Progress>) {
        let _ = stream.set_nodelay(true);
        // The current configuration decides about TLS and the certificate.
        let tls = self.shared.config().tls.as_ref().map(|tls| tls.acceptor());
        match tls {
            None => self.requests(stream, progress).await,
            Some(acceptor) => {
                if let Some(stream) = self.handshake(acceptor, stream, &progress).await {
                    self.requests(stream, progress).await;
                }
            }
        }
    }

    /// Performs the TLS handshake. `None` if it fails or times out, or if the server stops.
    async fn handshake(
        &self,
        acceptor: TlsAcceptor,
        stream: TcpStream,
        progress: &Progress,
    ) -> Option<TlsStream<TcpStream>> {
        let mut phase = self.phase.clone();
        let time = self.shared.config().limits.head_timeout;
        tokio::select! {
            done = timeout(time, acceptor.accept(stream)) => match done {
                Ok(Ok(stream)) => Some(stream),
                Ok(Err(error)) => {
                    debug!(%error, "a TLS handshake failed");
                    None
                }
                Err(_) => {
                    self.shared.limit_log.count(Limit::HeadTime);
                    None
                }
            },
            () = progress.permit.evicted() => {
                self.shared.limit_log.count(Limit::Connections);
                None
            }
            () = draining(&mut phase) => None,
        }
    }

    async fn requests<T: Transport>(mut self, stream: T, progress: Arc<Progress>) {
        progress.open();
        let limits = self.shared.config().limits;
        let service = service_fn({
            let (shared, progress) = (self.shared.clone(), Arc::clone(&progress));
            move |request| {
                let (shared, progress) = (shared.clone(), Arc::clone(&progress));
                Box::pin(
                    async move { Ok::<_, Infallible>(answer(&shared, &progress, request).await) },
                )
            }
        });
        let stream = Watched::new(stream, Arc::clone(&progress));
        let mut connection = http1::Builder::new()
            .header_read_timeout(None)
            // A client that has closed its sending side may still read.
            .half_close(true)
            .max_header_size(limits.max_head_bytes)
            .max_buf_size(limits.max_head_bytes)
            // Vectored writes send a response without copying it for each connection.
            .writev(true)
            .serve_connection(TokioIo::new(stream), service);

        let end = self.drive(&mut connection, &progress).await;
        let mut stream = connection.into_parts().io.into_inner().transport;
        // A connection beyond the limit ends at once, even if its client has not read the response.
        let unread = progress.is_unread() && !progress.is_over_limit();
        match end {
            End::Closed(Ok(())) => close(stream, unread).await,
            End::Closed(Err(error)) => {
                debug!(%error, "a connection failed");
                if error.is_parse_too_large() {
                    self.shared.limit_log.count(Limit::HeadBytes);
                }
                close(stream, error.is_parse()).await;
            }
            End::Evicted => self.shared.limit_log.count(Limit::Connections),
            End::TimedOut(Stage::Idle) => {
                self.shared.limit_log.count(Limit::IdleTime);
                close(stream, unread).await;
            }
            End::TimedOut(Stage::Head) => {
                self.shared.limit_log.count(Limit::HeadTime);
                let response = head_timed_out();
                // Tries once, without waiting for a client that takes nothing.
                let _ = timeout(LINGER_TIMEOUT, stream.write_all(response.as_bytes())).await;
                close(stream, true).await;
            }
            End::TimedOut(Stage::Silent | Stage::Body | Stage::Work) => {
                self.shared.limit_log.count(Limit::HeadTime);
            }
            End::TimedOut(Stage::Send) => {
                self.shared.limit_log.count(Limit::SendTime);
                // Also discards data that the system still holds for the client.
                let _ = stream.tcp().set_zero_linger();
            }
        }
        drop(self.alive);
    }

    /// Drives a connection until it ends or has to end.
    async fn drive<T, S>(
        &mut self,
        connection: &mut http1::Connection<TokioIo<Watched<T>>, S>,
        progress: &Progress,
    ) -> End
    where
        T: Transport,
        S: Service<Request<Incoming>, Response = Response<ResponseBody>, Error = Infallible>
            + Unpin,
        S::Future: Unpin,
    {
        let mut sleep = pin!(sleep_until(Instant::now()));
        loop {
            let driven = poll_fn(|cx| {
                if let Poll::Ready(ended) = connection.poll_without_shutdown(cx) {
                    return Poll::Ready(End::Closed(ended));
                }
                // The stage may have changed.
                let Some(deadline) = progress.deadline(&self.shared.limits()) else {
                    return Poll::Pending;
                };
                if sleep.deadline() != deadline {
                    sleep.as_mut().reset(deadline);
                }
                sleep
                    .as_mut()
                    .poll(cx)
                    .map(|()| End::TimedOut(progress.stage()))
            });
            tokio::select! {
                biased;
                end = driven => return end,
                () = progress.permit.evicted() => {
                    if progress.is_waiting() {
                        return End::Evicted;
                    }
                    Pin::new(&mut *connection).graceful_shutdown();
                }
                changed = self.phase.changed() => {
                    let gone = changed.is_err();
                    if gone || *self.phase.borrow_and_update() == Phase::Draining {
                        progress.stop();
                        Pin::new(&mut *connection).graceful_shutdown();
                    }
                    if gone {
                        pending::<()>().await;
                    }
                }
            }
        }
    }
}

/// Closes a connection in order. If the client may still send, reads from it for a moment.
async fn close(mut stream: impl Transport, may_send: bool) {
    let closing = async {
        stream.shutdown().await?;
        let mut bytes = [0; 4096];
        while may_send && stream.read(&mut bytes).await? > 0 {}
        io::Result::Ok(())
    };
    // An error means that the client is gone already.
    let _ = timeout(LINGER_TIMEOUT, closing).await;
}

/// Waits until the server starts to stop. Cancel safe.
async fn draining(phase: &mut watch::Receiver<Phase>) {
    // An error means that the server has ended already.
    let _ = phase.wait_for(|phase| *phase == Phase::Draining).await;
}
