//! Tests of the time limits of a connection, under paused time.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::connections;

/// A client, the connection that is served, and the switch that stops it.
fn connect() -> (DuplexStream, JoinHandle<()>, watch::Sender<bool>) {
    let (client, server) = duplex(1024);
    let closing = watch::Sender::new(false);
    let router = Router::new()
        .route("/", get("hello"))
        .route("/hangs", get(pending::<String>));
    let served = connections::serve(TokioIo::new(server), router, closing.subscribe());
    (client, tokio::spawn(served), closing)
}

/// How long the connection is served from now on.
async fn lasts(served: JoinHandle<()>) -> Duration {
    let before = Instant::now();
    served.await.unwrap();
    before.elapsed()
}

/// Timers have a resolution of a millisecond.
fn is_about(found: Duration, expected: u64) -> bool {
    found.saturating_sub(Duration::from_secs(expected)) < Duration::from_millis(10)
        && found >= Duration::from_secs(expected)
}

#[tokio::test(start_paused = true)]
async fn half_a_head_is_closed_after_its_time() {
    let (mut client, served, _closing) = connect();
    client.write_all(b"GET / HT").await.unwrap();
    let lasted = lasts(served).await;
    assert!(is_about(lasted, 10), "{lasted:?}");
}

#[tokio::test(start_paused = true)]
async fn silent_connection_is_closed_also_after_a_request() {
    let (silent, served, _closing) = connect();
    let lasted = lasts(served).await;
    assert!(is_about(lasted, 10), "{lasted:?}");
    drop(silent);

    let (mut client, served, _closing) = connect();
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.write_all(request).await.unwrap();
    let mut answer = [0; 1024];
    let read = client.read(&mut answer).await.unwrap();
    assert!(String::from_utf8_lossy(&answer[..read]).ends_with("hello"));
    let lasted = lasts(served).await;
    assert!(is_about(lasted, 10), "{lasted:?}");
}

/// The answers fill the buffers, and then the server waits for the client.
#[tokio::test(start_paused = true)]
async fn client_that_takes_nothing_is_closed_and_one_that_is_slow_is_not() {
    let requests = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000);
    let (client, served, _closing) = connect();
    let (mut reads, mut writes) = tokio::io::split(client);
    let sent = requests.clone();
    let writer = tokio::spawn(async move { writes.write_all(&sent).await });
    let lasted = lasts(served).await;
    assert!(is_about(lasted, 30), "{lasted:?}");
    assert!(writer.await.unwrap().is_err(), "most is not even read");
    reads.read_to_end(&mut Vec::new()).await.unwrap();

    let (client, served, _closing) = connect();
    let (mut reads, mut writes) = tokio::io::split(client);
    let writer = tokio::spawn(async move { writes.write_all(&requests).await });
    let mut taken = [0; 1024];
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert!(!served.is_finished());
        assert!(reads.read(&mut taken).await.unwrap() > 0);
    }
    drop(writer);
    let lasted = lasts(served).await;
    assert!(is_about(lasted, 30), "{lasted:?}");
}

#[tokio::test(start_paused = true)]
async fn stop_waits_for_a_request_but_not_for_ever() {
    let (mut client, served, closing) = connect();
    let request = b"GET /hangs HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.write_all(request).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    closing.send_replace(true);
    let lasted = lasts(served).await;
    assert!(is_about(lasted, 5), "{lasted:?}");

    let (idle, served, closing) = connect();
    closing.send_replace(true);
    let lasted = lasts(served).await;
    assert!(
        is_about(lasted, 0),
        "an idle connection ends at once: {lasted:?}"
    );
    drop(idle);
}
