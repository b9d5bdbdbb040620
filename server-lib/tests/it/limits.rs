//! Limits, and the snapshot that a request uses from start to end.

use hyper::Method;

use crate::support::Rig;
use crate::support::client::Client;
use crate::support::raw::Raw;
use crate::support::slow::Slow;

fn config(id: u64, limits: &str) -> String {
    format!(
        "id = {id}\nname = 'limits'\nlisten = '127.0.0.1:0'\n[limits]\n{limits}\n[[routes]]\npath = '/'\nheaders = {{ x-probe = '{id}' }}\nbody = 'this is {id}.'\n[[routes]]\npath = '/health'\nbody = 'ok'\n"
    )
}

#[tokio::test]
async fn body_above_the_limit_is_413_and_one_within_is_read() {
    let rig = Rig::start(&config(1, "max_body_bytes = 4")).await;
    let mut client = Client::connect(rig.address()).await;
    assert_eq!(
        client.send(Method::POST, "/", "1234").await.unwrap().status,
        200
    );
    assert_eq!(
        client
            .send(Method::POST, "/", "12345")
            .await
            .unwrap()
            .status,
        413
    );
}

#[tokio::test]
async fn slow_uploads_do_not_count_as_requests_in_progress() {
    let rig = Rig::start(&config(1, "max_concurrent_requests = 1")).await;
    let mut slow = Vec::new();
    for _ in 0..32 {
        slow.push(Slow::begin(rig.address(), "/").await);
    }
    assert_eq!(rig.get("/").await.status, 200);
    assert_eq!(rig.get("/health").await.status, 200);
    for mut slow in slow {
        assert!(slow.end().await.starts_with("http/1.1 200 "));
    }
}

#[tokio::test]
async fn changed_limit_holds_for_the_next_request() {
    let rig = Rig::start(&config(1, "max_body_bytes = 4")).await;
    let mut client = Client::connect(rig.address()).await;
    rig.save(&config(2, "max_body_bytes = 5"));
    rig.until_id(2).await;
    let reply = client.send(Method::POST, "/", "12345").await.unwrap();
    assert_eq!(reply.status, 200);
}

/// Asserts that a request that is too slow for these limits gets 408.
async fn too_slow(limits: &str) {
    let rig = Rig::start(&config(1, limits)).await;
    let mut slow = Slow::begin(rig.address(), "/").await;
    // The text of the refusal ends with a line break, so only its head is waited for.
    let reply = slow.head().await;
    assert!(reply.starts_with("http/1.1 408 "), "{reply}");
    assert!(reply.contains("\r\nconnection: close\r\n"), "{reply}");
}

#[tokio::test]
async fn request_that_takes_too_long_is_408() {
    too_slow("request_timeout_ms = 1").await;
}

#[tokio::test]
async fn client_that_pauses_within_a_body_is_408() {
    too_slow("body_timeout_ms = 1").await;
}

#[tokio::test]
async fn incomplete_head_is_408_and_closes_its_connection() {
    let rig = Rig::start(&config(1, "")).await;
    let mut raw = Raw::connect(rig.address()).await;
    raw.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    raw.until("this is 1.").await;
    rig.save(&config(2, "head_timeout_ms = 1"));
    raw.send("GET / HTTP/1.1\r\nhost: a\r\n").await;
    let reply = raw.rest().await;
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(reply.contains("\r\nconnection: close\r\n"), "{reply}");
}

#[tokio::test]
async fn half_a_head_behind_a_request_is_408_after_the_response() {
    for request in [
        "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody",
    ] {
        let rig = Rig::start(&config(1, "idle_timeout_ms = 86400000")).await;
        let mut raw = Raw::connect(rig.address()).await;
        raw.send(&format!("{request}GET / HTTP/1.1\r\nho")).await;
        raw.until("this is 1.").await;
        rig.save(&config(
            2,
            "head_timeout_ms = 1\nidle_timeout_ms = 86400000",
        ));
        let reply = raw.rest().await;
        assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    }
}

#[tokio::test]
async fn client_that_sends_nothing_is_disconnected() {
    let rig = Rig::start(&config(1, "head_timeout_ms = 1")).await;
    assert_eq!(Raw::connect(rig.address()).await.rest().await, "");
}

#[tokio::test]
async fn lowered_idle_timeout_closes_a_waiting_connection() {
    let rig = Rig::start(&config(1, "idle_timeout_ms = 86400000")).await;
    let mut raw = Raw::connect(rig.address()).await;
    raw.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    raw.until("this is 1.").await;
    rig.save(&config(2, "idle_timeout_ms = 1"));
    assert_eq!(raw.rest().await, "");
}

#[tokio::test]
async fn client_that_does_not_read_is_disconnected() {
    let folder = tempfile::tempdir().unwrap();
    // More than the system buffers for a client.
    std::fs::write(folder.path().join("large"), vec![b'a'; 16 << 20]).unwrap();
    let large = "[[routes]]\npath = '/large'\nfile = 'large'\n";
    let config = config(1, "send_timeout_ms = 50") + large;
    let rig = Rig::start_in(folder, &config).await;
    let mut raw = Raw::connect(rig.address()).await;
    raw.send("GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await;
    raw.until_refused().await;
    assert_eq!(rig.get("/").await.status, 200);
}

#[tokio::test]
async fn silent_connection_gives_way_to_a_new_one() {
    let rig = Rig::start(&config(1, "max_connections = 2")).await;
    let mut first = Raw::connect(rig.address()).await;
    let _second = Raw::connect(rig.address()).await;
    assert_eq!(rig.get("/").await.status, 200);
    assert_eq!(first.rest().await, "");
}

#[tokio::test]
async fn beyond_the_limit_of_connections_only_health_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("large"), vec![b'a'; 16 << 20]).unwrap();
    let large = "[[routes]]\npath = '/large'\nfile = 'large'\n";
    let rig = Rig::start_in(folder, &(config(1, "max_connections = 1") + large)).await;
    // Its client stops reading.
    let mut busy = Raw::connect(rig.address()).await;
    busy.send("GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await;
    busy.until("HTTP/1.1 ").await;
    let refused = rig.get("/").await;
    assert_eq!(
        (
            refused.status,
            refused.header("connection"),
            refused.header("retry-after")
        ),
        (503, "close", "1")
    );
    assert_eq!(rig.get("/health").await.status, 200);
    drop(busy);
}

#[tokio::test]
async fn paused_upload_gives_way_to_a_new_connection() {
    let rig = Rig::start(&config(1, "max_connections = 1")).await;
    let mut slow = Slow::begin(rig.address(), "/").await;
    assert_eq!(rig.get("/").await.status, 200);
    slow.cut_off().await;
}

#[tokio::test]
async fn head_above_the_limit_is_431() {
    let rig = Rig::start(&config(1, "max_head_bytes = 8192")).await;
    let mut raw = Raw::connect(rig.address()).await;
    let head = format!(
        "GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n",
        "a".repeat(8192)
    );
    raw.send(&head).await;
    let reply = raw.rest().await;
    assert!(reply.starts_with("HTTP/1.1 431 "), "{reply}");
    let mut raw = Raw::connect(rig.address()).await;
    raw.send(&format!(
        "GET / HTTP/1.1\r\nhost: a\r\n{}\r\n",
        "x: a\r\n".repeat(1000)
    ))
    .await;
    let reply = raw.rest().await;
    assert!(reply.starts_with("HTTP/1.1 431 "), "{reply}");
}

#[tokio::test]
async fn large_body_of_a_refused_request_is_not_read() {
    let rig = Rig::start(&config(1, "")).await;
    let mut raw = Raw::connect(rig.address()).await;
    let body = "a".repeat(1_000_000);
    raw.send(&format!(
        "POST /nowhere HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
    .await;
    let reply = raw.rest().await;
    assert!(reply.starts_with("HTTP/1.1 404 "), "{reply}");
    assert!(reply.contains("\r\nconnection: close\r\n"), "{reply}");
    // A small one is read, and the connection can be used again.
    let mut client = Client::connect(rig.address()).await;
    let refused = client
        .send(Method::POST, "/nowhere", "small")
        .await
        .unwrap();
    assert_eq!((refused.status, refused.header("connection")), (404, ""));
    assert_eq!(client.get("/").await.status, 200);
}

#[tokio::test]
async fn pipelined_requests_are_all_answered_in_order() {
    let rig = Rig::start(&config(1, "")).await;
    let mut raw = Raw::connect(rig.address()).await;
    let ask = |path: &str, more: &str| format!("GET {path} HTTP/1.1\r\nhost: a\r\n{more}\r\n");
    raw.send(&(ask("/", "").repeat(50) + &ask("/nowhere", "connection: close\r\n")))
        .await;
    let reply = raw.rest().await;
    assert_eq!(reply.matches("HTTP/1.1 200 ").count(), 50);
    assert_eq!(reply.matches("HTTP/1.1 404 ").count(), 1);
}

#[tokio::test]
async fn request_uses_the_generation_in_which_it_began() {
    let rig = Rig::start(&config(1, "")).await;
    let mut slow = Slow::begin(rig.address(), "/").await;
    rig.save(&config(2, ""));
    rig.until_id(2).await;
    let reply = slow.end().await;
    assert!(reply.contains("x-config-id: 1\r\n"), "{reply}");
    assert!(reply.contains("x-config-generation: 1\r\n"), "{reply}");
    assert!(
        reply.contains("x-probe: 1\r\n") && reply.ends_with("this is 1."),
        "{reply}"
    );
    assert!(slow.again("/").await.ends_with("this is 2."));
}
