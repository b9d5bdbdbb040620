//! One connection of the admin server, with its time limits.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use futures_util::future::{Either, select};
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;
use tokio::time::timeout;

use super::patient::Patient;

/// The time for the head of a request to arrive. It also ends an idle connection.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// The time for a running request to end when the server stops. A reload may take as long as its source.
const GRACE: Duration = Duration::from_secs(5);
/// The largest head of a request.
const HEAD: usize = 16 * 1024;

/// Serves a connection until it ends, or until the server stops and the running request has ended.
pub(super) async fn serve<I>(stream: I, router: Router, mut closing: watch::Receiver<bool>)
where
    I: Read + Write + Unpin + Send + 'static,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD);
    let connection = http.serve_connection(Patient::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    {
        let end = pin!(closing.wait_for(|is_closing| *is_closing));
        match select(connection.as_mut(), end).await {
            // An error of a connection is the client's.
            Either::Left(_) => return,
            Either::Right(_) => {}
        }
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(GRACE, connection).await;
}
