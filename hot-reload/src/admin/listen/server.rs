//! [`AdminServer`]: the handle of a running admin server.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::future::{Either, select};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;
use tracing::{info, warn};

use super::address::Address;
use super::connections;
use super::listener::{Listener, Stream};
use crate::admin::context::Context;
use crate::admin::endpoints;
use crate::error::Error;
use crate::runtime;

/// The largest number of connections. Each costs a task and its buffers.
const CONNECTIONS: usize = 64;
/// The pause after a failed accept, most often for want of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// A running admin server, from [`Admin::listen`](super::super::Admin::listen). Dropping it ends the server at once.
#[must_use = "the server ends when this is dropped"]
pub struct AdminServer {
    address: String,
    context: Arc<Context>,
    task: JoinHandle<()>,
}

pub(in crate::admin) async fn serve(
    address: Address,
    context: Arc<Context>,
) -> Result<AdminServer, Error> {
    let listener = Listener::bind(&address).await?;
    let address = listener.address(&address);
    info!(target: "hot_reload", "admin endpoints on {address}");
    let router = endpoints::router(&context);
    let task = runtime::spawn(accept(listener, router, Arc::clone(&context)));
    Ok(AdminServer {
        address,
        context,
        task,
    })
}

impl AdminServer {
    /// The address with its real port, `127.0.0.1:41233`, or `unix:PATH`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Stops: accepts no further connection, ends the streams of events, and waits at most 5 s for the requests that run.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the server ends at once.
    pub async fn stop(mut self) {
        self.context.closing.send_replace(true);
        // An error means that the runtime has ended the task already.
        let _ = (&mut self.task).await;
    }
}

impl Drop for AdminServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for AdminServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminServer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Accepts connections until the server stops, then waits for them. Its end aborts those that remain.
async fn accept(listener: Listener, router: Router, context: Arc<Context>) {
    let mut connections = JoinSet::new();
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut closing = context.closing.subscribe();
    loop {
        let next = pin!(async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit, listener.accept().await)
        });
        let end = pin!(closing.wait_for(|is_closing| *is_closing));
        let (permit, accepted) = match select(next, end).await {
            Either::Left((next, _)) => next,
            Either::Right(_) => break,
        };
        match accepted {
            Ok(stream) => {
                let (router, closing) = (router.clone(), context.closing.subscribe());
                connections.spawn(async move {
                    match stream {
                        Stream::Tcp(stream) => connections::serve(stream, router, closing).await,
                        #[cfg(unix)]
                        Stream::Unix(stream) => connections::serve(stream, router, closing).await,
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                warn!(target: "hot_reload", "the admin server cannot accept a connection: {error}");
                sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}
