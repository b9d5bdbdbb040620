//! Limits, and the one snapshot that a request has from start to end.

use hyper::Method;

use crate::support::client::Client;
use crate::support::slow::Slow;
use crate::support::{Rig, until};

fn config(id: u64, limits: &str) -> String {
    format!(
        "id = {id}\nname = 'limits'\nlisten = '127.0.0.1:0'\n[limits]\n{limits}\n[[routes]]\npath = '/'\nheaders = {{ x-probe = '{id}' }}\nbody = 'this is {id}.'\n"
    )
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413_and_one_within_is_read() {
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
async fn a_request_that_takes_too_long_is_408() {
    let rig = Rig::start(&config(1, "request_timeout_ms = 1")).await;
    let mut slow = Slow::begin(rig.address(), "/").await;
    // The text of the refusal ends with a line break, so only its head is waited for.
    let reply = slow.head().await;
    assert!(reply.starts_with("http/1.1 408 "), "{reply}");
}

#[tokio::test]
async fn requests_beyond_the_limit_are_503_until_one_ends() {
    let rig = Rig::start(&config(1, "max_concurrent_requests = 1")).await;
    let mut slow = Slow::begin(rig.address(), "/").await;
    assert_eq!(rig.get("/").await.status, 503);
    assert!(slow.end().await.starts_with("http/1.1 200 "));
    until(async || (rig.get("/").await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn a_raised_limit_holds_at_once() {
    let rig = Rig::start(&config(1, "max_concurrent_requests = 1")).await;
    let _slow = Slow::begin(rig.address(), "/").await;
    assert_eq!(rig.get("/").await.status, 503);
    rig.save(&config(2, "max_concurrent_requests = 2"));
    rig.until_id(2).await;
    assert_eq!(rig.get("/").await.status, 200);
}

#[tokio::test]
async fn a_request_is_of_the_generation_in_which_it_began() {
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
