//! The stream of events: its frames, its cursor, and its limits under 10,000 clients.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use hot_reload::admin::Admin;
use hot_reload::{Control, Registry};
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tower::ServiceExt;

use super::client::{get, request, send};
use crate::script::{Bad, Good, Script, seconds, settle};

/// A frame of the stream.
#[derive(Debug)]
struct Frame {
    id: u64,
    name: String,
    data: Value,
}

/// A client of the stream.
struct Client(BodyDataStream);

impl Client {
    async fn open(router: &Router, seen: Option<u64>) -> Self {
        let mut builder = request("GET", "/debug/reload/stream");
        if let Some(seen) = seen {
            builder = builder.header("last-event-id", seen);
        }
        let request = builder.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body().into_data_stream())
    }

    async fn text(&mut self) -> Option<String> {
        let bytes = self.0.next().await?.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn next(&mut self) -> Option<Frame> {
        let text = self.text().await?;
        let lines: Vec<_> = text.lines().collect();
        let field = |at: usize, name: &str| {
            let value = lines[at].strip_prefix(name);
            value.unwrap_or_else(|| panic!("{text}")).to_owned()
        };
        Some(Frame {
            id: field(0, "id: ").parse().unwrap(),
            name: field(1, "event: "),
            data: serde_json::from_str(&field(2, "data: ")).unwrap(),
        })
    }
}

async fn start(registry: &Registry) -> (Script, Control<String>) {
    let script = Script::new(Good("first")).with(|state| state.muted = true);
    let builder = script.builder().name("motto").register(registry);
    let (_live, control) = builder.start().await.unwrap();
    (script, control)
}

#[tokio::test(start_paused = true)]
async fn stream_begins_with_a_snapshot_and_resumes_after_an_id() {
    let registry = Registry::new();
    let router = Admin::new(&registry).router();
    let (script, control) = start(&registry).await;
    let mut client = Client::open(&router, None).await;
    let snapshot = client.next().await.unwrap();
    let status = &snapshot.data["targets"][0];
    assert_eq!(
        (&*snapshot.name, &status["name"]),
        ("snapshot", &"motto".into())
    );
    script.set(Bad("typo"));
    assert!(!control.reload().await.is_current());
    let rejected = client.next().await.unwrap();
    assert_eq!((&*rejected.name, rejected.id), ("load", snapshot.id + 1));
    assert_eq!(
        (&rejected.data["outcome"], &rejected.data["id"]),
        (&"rejected".into(), &rejected.id.into())
    );
    drop(client);
    control.pause();
    control.resume().await.is_current();
    settle().await;

    let mut client = Client::open(&router, Some(rejected.id)).await;
    let again = client.next().await.unwrap();
    assert_eq!((&*again.name, again.id), ("snapshot", rejected.id));
    let paused = client.next().await.unwrap();
    assert_eq!((&*paused.name, paused.id), ("paused", rejected.id + 1));
    assert_eq!(client.next().await.unwrap().name, "resumed");
    assert_eq!(client.next().await.unwrap().data["outcome"], "rejected");

    control.stop().await;
    assert_eq!(client.next().await.unwrap().name, "stopped");
    assert!(
        client.next().await.is_none(),
        "nothing follows the stop of the last service"
    );
    let request = request("GET", "/debug/reload/stream").header("last-event-id", "x");
    let wrong = send(&router, request.body(Body::empty()).unwrap()).await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test(start_paused = true)]
async fn silent_stream_is_kept_alive() {
    let registry = Registry::new();
    let router = Admin::new(&registry).router();
    let (_script, control) = start(&registry).await;
    let mut client = Client::open(&router, None).await;
    client.next().await.unwrap();
    let before = Instant::now();
    assert_eq!(client.text().await.unwrap(), ": keep-alive\n\n");
    assert_eq!(before.elapsed().as_secs(), 15);
    control.stop().await;
}

/// The client reads nothing for 1,000 events. The engine does not wait for it, and it learns how many it has lost.
#[tokio::test(start_paused = true)]
async fn slow_client_loses_events_and_delays_nobody() {
    let registry = Registry::new();
    let router = Admin::new(&registry).router();
    let (_script, control) = start(&registry).await;
    let mut client = Client::open(&router, None).await;
    let first = client.next().await.unwrap().id;
    let before = Instant::now();
    for _ in 0..1000 {
        assert!(control.reload().await.is_current());
    }
    assert!(before.elapsed() < seconds(1), "{:?}", before.elapsed());
    let lagged = client.next().await.unwrap();
    assert_eq!(
        (&*lagged.name, &lagged.data["lost"]),
        ("lagged", &(1000 - 256).into())
    );
    for at in 1..=256 {
        let event = client.next().await.unwrap();
        assert_eq!(event.id, first + 1000 - 256 + at);
    }
    assert!(
        timeout(seconds(1), client.next()).await.is_err(),
        "it has caught up"
    );
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_clients_come_and_go_without_a_trace() {
    let registry = Registry::new();
    let router = Admin::new(&registry).max_streams(16).router();
    let (script, control) = start(&registry).await;
    for _ in 0..10_000 {
        let mut client = Client::open(&router, None).await;
        assert_eq!(client.next().await.unwrap().name, "snapshot");
    }
    let mut open = Vec::new();
    for _ in 0..16 {
        open.push(Client::open(&router, None).await);
    }
    for _ in 0..500 {
        let refused = get(&router, "/debug/reload/stream").await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, "10"));
    }
    script.set(Good("second"));
    assert!(control.reload().await.is_current());
    for client in &mut open {
        assert_eq!(client.next().await.unwrap().name, "snapshot");
        assert_eq!(client.next().await.unwrap().data["outcome"], "published");
    }
    drop(open);
    let mut client = Client::open(&router, None).await;
    assert_eq!(
        client.next().await.unwrap().data["targets"][0]["generation"],
        2
    );
    control.stop().await;
}

/// A thousand reloads in a second: the rate lets ten through.
#[tokio::test(start_paused = true)]
async fn storm_of_triggers_costs_few_loads() {
    let registry = Registry::new();
    let router = Admin::new(&registry).router();
    let (script, control) = start(&registry).await;
    let mut codes = Vec::new();
    for _ in 0..1000 {
        let request = request("POST", "/debug/reload/trigger");
        let answer = send(&router, request.body(Body::empty()).unwrap()).await;
        codes.push(answer.status);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let count = |code: u16| codes.iter().filter(|found| **found == code).count();
    assert_eq!((count(200), count(429)), (10, 990));
    assert_eq!(script.loads(), 11, "with the first load");
    assert_eq!(get(&router, "/debug/reload/status").await.status, 200);
    control.stop().await;
}
