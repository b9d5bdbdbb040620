//! The answers of the endpoints, with their codes and the forms of their JSON.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use futures_util::stream;
use hot_reload::admin::Admin;
use hot_reload::diff::RevisionKey;
use hot_reload::error::ErrorKind;
use hot_reload::{Control, Live, Registry};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::client::{Answer, call, get, post, request, send};
use crate::script::{Bad, Content, Failing, Good, Missing, Script, settle};

/// A registry with one service, and its router without a rate.
struct Rig {
    registry: Registry,
    script: Script,
    live: Live<String>,
    control: Control<String>,
    router: Router,
}

fn admin(registry: &Registry) -> Admin {
    Admin::new(registry).rate_limit(1, Duration::ZERO)
}

async fn start(registry: &Registry, name: &'static str) -> (Script, Live<String>, Control<String>) {
    let script = Script::new(Good("first")).with(|state| state.muted = true);
    let builder = script.builder().name(name).history(2).register(registry);
    let (live, control) = builder.start().await.unwrap();
    (script, live, control)
}

impl Rig {
    async fn new() -> Self {
        let registry = Registry::new();
        let router = admin(&registry).router();
        let (script, live, control) = start(&registry, "motto").await;
        Self {
            registry,
            script,
            live,
            control,
            router,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        get(&self.router, path).await
    }

    async fn reload(&self, content: Content) -> Answer {
        self.script.set(content);
        post(&self.router, "/-/reload").await
    }

    async fn roll_back(&self, path: &str, if_match: &str) -> Answer {
        let request = request("POST", path).header("if-match", if_match);
        send(&self.router, request.body(Body::empty()).unwrap()).await
    }
}

/// The names of the fields of an object.
fn fields(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(|key| &**key)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn reload_answers_with_the_outcome_and_its_code() {
    let rig = Rig::new().await;
    for (content, code, outcome) in [
        (Good("second"), 200, "published"),
        (Good("second"), 200, "unchanged"),
        (Bad("typo"), 422, "rejected"),
        (Failing(ErrorKind::Unavailable), 502, "failed"),
        (Missing, 502, "missing"),
    ] {
        let answer = rig.reload(content.clone()).await;
        assert_eq!(answer.status, code, "{content:?}");
        assert_eq!(answer.header("content-type"), "application/json");
        let receipt = &answer.json()["targets"][0];
        assert_eq!(receipt["target"], "motto");
        assert_eq!(receipt["outcome"], outcome);
        assert_eq!(receipt["trigger"], "http");
    }
    assert_eq!(*rig.live.load(), "second");
    rig.control.pause();
    let held = rig.reload(Good("third")).await;
    assert_eq!(
        (held.status, &held.json()["targets"][0]["outcome"]),
        (409, &json!("held"))
    );
    rig.control.stop().await;
    assert_eq!(post(&rig.router, "/-/reload").await.status, 503);
}

#[tokio::test(start_paused = true)]
async fn receipt_in_an_answer_has_this_form() {
    let rig = Rig::new().await;
    let mut answer = rig.reload(Bad("typo")).await.json();
    let revision = answer["targets"][0]["error"]["revision"].take();
    assert_eq!(revision, "7479706f");
    assert_eq!(
        answer,
        json!({"targets": [{
            "target": "motto",
            "trigger": "http",
            "outcome": "rejected",
            "stage": "decode",
            "error": {
                "kind": "decode",
                "message": "cannot read \"typo\"",
                "file": null,
                "line": null,
                "column": null,
                "path": null,
                "revision": null,
                "causes": [],
            },
            "hold": null,
            "elapsed_ms": 0,
            "stages_ms": {"load": 0},
            "votes": [],
        }]})
    );
}

#[tokio::test(start_paused = true)]
async fn worst_of_several_outcomes_decides_the_code() {
    let rig = Rig::new().await;
    let (other, _live, _control) = start(&rig.registry, "other").await;
    rig.script.set(Good("second"));
    other.set(Bad("typo"));
    let both = post(&rig.router, "/-/reload").await;
    let outcomes = |answer: &Answer| {
        let targets = answer.json()["targets"].as_array().unwrap().clone();
        let outcome = |row: &Value| format!("{} {}", row["target"], row["outcome"]);
        targets.iter().map(outcome).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(both.status, 422);
    assert_eq!(
        outcomes(&both),
        r#""motto" "published", "other" "rejected""#
    );
    rig.script.set(Failing(ErrorKind::Denied));
    assert_eq!(post(&rig.router, "/-/reload").await.status, 502);
    let one = call(&rig.router, "PUT", "/-/reload?target=other").await;
    assert_eq!(
        (one.status, &*outcomes(&one)),
        (422, r#""other" "rejected""#)
    );
    other.set(Good("fixed"));
    let trigger = post(&rig.router, "/debug/reload/trigger?target=other").await;
    assert_eq!(
        (trigger.status, &*outcomes(&trigger)),
        (200, r#""other" "published""#)
    );
}

#[tokio::test(start_paused = true)]
async fn wrong_target_field_or_method_is_refused_with_what_is_known() {
    let rig = Rig::new().await;
    let unknown = post(&rig.router, "/-/reload?target=mottto").await;
    assert_eq!(unknown.status, 404);
    assert_eq!(
        unknown.error(),
        "no target is named \"mottto\"; known: motto"
    );
    let typo = post(&rig.router, "/-/reload?tagret=motto").await;
    assert_eq!(
        (typo.status, rig.script.loads()),
        (400, 1),
        "it does not reload everything"
    );
    let reading = rig.get("/-/reload").await;
    assert_eq!((reading.status, reading.header("allow")), (405, "POST,PUT"));
    let writing = post(&rig.router, "/debug/reload/status").await;
    assert_eq!((writing.status, writing.header("allow")), (405, "GET,HEAD"));
    assert_eq!(rig.get("/debug/reload/status?target=no").await.status, 404);
    assert_eq!(rig.get("/debug/reload/events?limit=many").await.status, 400);
    let (_other, _live, _control) = start(&rig.registry, "other").await;
    let explain = rig.get("/debug/reload/explain").await;
    assert_eq!(explain.status, 400);
    assert_eq!(
        explain.error(),
        "name a target with `?target=`; known: motto, other"
    );
}

#[tokio::test(start_paused = true)]
async fn process_is_ready_with_every_value_and_a_rejected_edit_does_not_change_it() {
    let registry = Registry::new();
    let drains = Arc::new(AtomicBool::new(false));
    let drained = Arc::clone(&drains);
    let admin = admin(&registry).ready_when(move || !drained.load(Ordering::SeqCst));
    let router = admin.router();
    let code = async |path: &str| get(&router, path).await.status;
    assert_eq!(
        [code("/-/healthy").await, code("/-/ready").await],
        [200, 503]
    );
    let script = Script::new(Failing(ErrorKind::Unavailable));
    let builder = script.builder().name("motto").register(&registry);
    let (live, control) = builder.start_in_background();
    let early = get(&router, "/-/ready").await;
    assert_eq!(
        (early.status, &*early.error()),
        (503, "a service has no value yet")
    );
    script.set(Good("first"));
    live.ready().await.unwrap();
    assert_eq!(code("/-/ready").await, 200);
    assert_eq!(call(&router, "HEAD", "/-/ready").await.status, 200);

    script.set(Bad("typo"));
    assert!(!control.reload().await.is_current());
    assert_eq!(code("/-/ready").await, 200);
    assert_eq!(code("/-/ready?strict=1").await, 503);
    script.set(Good("fixed"));
    assert!(control.reload().await.is_current());
    assert_eq!(code("/-/ready?strict=1").await, 200);

    drains.store(true, Ordering::SeqCst);
    assert_eq!(
        get(&router, "/-/ready").await.error(),
        "the application is not ready"
    );
    drains.store(false, Ordering::SeqCst);
    control.stop().await;
    assert_eq!(
        [code("/-/healthy").await, code("/-/ready").await],
        [200, 503]
    );
}

/// A stranger is a probe: it has no token and may use any host.
#[tokio::test(start_paused = true)]
async fn stranger_cannot_use_up_the_rate_or_learn_a_name_from_the_health_endpoints() {
    let registry = Registry::new();
    let router = Admin::new(&registry).router();
    let (_script, _live, control) = start(&registry, "motto").await;
    let foreign = async |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path);
        let request = request
            .header("host", "probe.example")
            .header("x-reload", "1");
        send(&router, request.body(Body::empty()).unwrap()).await
    };
    for path in ["/-/healthy", "/-/ready"] {
        for _ in 0..20 {
            assert_eq!(foreign("POST", path).await.status, 403, "{path}");
        }
        assert_eq!(foreign("GET", path).await.status, 200, "{path}");
        assert_eq!(foreign("HEAD", path).await.status, 200, "{path}");
    }
    assert_eq!(post(&router, "/-/reload").await.status, 200);
    for path in [
        "/-/ready?target=x",
        "/-/ready?strict&target",
        "/-/ready?t%61rget=x",
    ] {
        let refused = foreign("GET", path).await;
        assert_eq!(refused.status, 403, "{path}");
        assert!(!refused.body.contains("motto"), "{}", refused.body);
    }
    assert_eq!(get(&router, "/-/ready?target=motto").await.status, 200);
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn process_is_ready_for_a_revision_once_it_is_in_force() {
    let rig = Rig::new().await;
    let status = rig.get("/debug/reload/status?target=motto").await.json();
    let first = status["revision"].as_str().unwrap();
    assert_eq!(first, "6669727374", "a short revision is shown as it is");
    let ready = async |revision: &str| {
        let path = format!("/-/ready?target=motto&revision={revision}");
        rig.get(&path).await.status
    };
    let second = "7365636f6e64";
    assert_eq!([ready(first).await, ready(second).await], [200, 503]);
    assert_eq!(rig.reload(Good("second")).await.status, 200);
    assert_eq!([ready(first).await, ready(second).await], [503, 200]);
    assert_eq!(rig.reload(Bad("typo")).await.status, 422);
    assert_eq!([ready("7479706f").await, ready(second).await], [503, 200]);
}

#[tokio::test(start_paused = true)]
async fn hash_of_content_is_shown_under_the_key_of_the_fleet() {
    let text = "sixteen letters.";
    let hash = "7369787465656e206c6574746572732e";
    let registry = Registry::new();
    let key = || RevisionKey::new([7; 16]);
    let (here, there) = (
        admin(&registry).revision_key(key()).router(),
        admin(&registry).revision_key(key()).router(),
    );
    let (script, _live, control) = start(&registry, "motto").await;
    script.set(Good(text));
    assert!(control.reload().await.is_current());
    let status = get(&here, "/debug/reload/status?target=motto").await;
    assert!(!status.body.contains(hash), "{}", status.body);
    let shown = status.json()["revision"].as_str().unwrap().to_owned();
    assert_eq!(status.json()["last_attempt"]["revision"], shown);
    let ready = async |revision: &str| {
        let path = format!("/-/ready?revision={revision}");
        get(&there, &path).await.status
    };
    assert_eq!(ready(&shown).await, 200);
    assert_eq!(ready(hash).await, 503, "nobody can test a guess");
}

#[tokio::test(start_paused = true)]
async fn status_is_one_object_with_a_tag() {
    let rig = Rig::new().await;
    let one = rig.get("/debug/reload/status?target=motto").await;
    let all = rig.get("/debug/reload/status").await;
    assert_eq!(all.json(), json!({"targets": [one.json()]}));
    assert_eq!(
        fields(&one.json()),
        [
            "confirm_by",
            "counters",
            "data",
            "data_since",
            "enabled",
            "generation",
            "given_up",
            "hold",
            "last_attempt",
            "last_error",
            "last_published",
            "last_verified",
            "max_staleness_ms",
            "name",
            "needs_restart",
            "on_probation",
            "revision",
            "source",
            "source_status",
            "stopped",
            "value_revision",
            "watch",
            "watch_error",
            "watch_since",
        ]
    );
    let tag = one.header("etag").to_owned();
    assert!(tag.starts_with("\"1-"), "{tag}");
    let unless = async |tag: &str| {
        let request = request("GET", "/debug/reload/status?target=motto");
        let request = request.header("if-none-match", tag);
        send(&rig.router, request.body(Body::empty()).unwrap()).await
    };
    let same = unless(&tag).await;
    assert_eq!(
        (same.status, &*same.body, same.header("etag")),
        (304, "", &*tag)
    );
    assert_eq!(unless(&format!("\"7\", W/{tag}")).await.status, 304);
    assert_eq!(unless("\"1\"").await.status, 200);
    assert_eq!(rig.reload(Bad("typo")).await.status, 422);
    let rejected = unless(&tag).await;
    assert_eq!(
        rejected.status, 200,
        "a rejected edit changes the tag of the generation"
    );
    assert!(rejected.header("etag").starts_with("\"1-"));
}

#[tokio::test(start_paused = true)]
async fn components_have_one_row_for_each_target() {
    let rig = Rig::new().await;
    let (other, _live, control) = start(&rig.registry, "other").await;
    other.set(Bad("typo"));
    assert!(!control.reload().await.is_current());
    assert_eq!(
        rig.get("/debug/reload/components").await.json(),
        json!({"targets": [
            {
                "target": "motto", "source": "script", "generation": 1, "data": "fresh",
                "watch": "off", "hold": null, "last_outcome": "published", "last_error": null,
                "needs_restart": [],
            },
            {
                "target": "other", "source": "script", "generation": 1, "data": "stale",
                "watch": "off", "hold": null, "last_outcome": "rejected",
                "last_error": "cannot read \"typo\"", "needs_restart": [],
            },
        ]})
    );
    let explain = rig.get("/debug/reload/explain?target=other").await;
    assert_eq!(explain.status, 200);
    assert_eq!(explain.json()["status"]["name"], "other");
}

#[tokio::test(start_paused = true)]
async fn events_are_listed_with_ids_and_the_newest_last() {
    let rig = Rig::new().await;
    assert_eq!(rig.reload(Bad("typo")).await.status, 422);
    assert_eq!(rig.reload(Good("second")).await.status, 200);
    let all = rig.get("/debug/reload/events").await.json();
    let outcomes = |answer: &Value| {
        let events = answer["events"].as_array().unwrap();
        let outcome = |event: &Value| event["outcome"].as_str().unwrap().to_owned();
        events.iter().map(outcome).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&all), ["published", "rejected", "published"]);
    let first = all["events"][0]["id"].as_u64().unwrap();
    assert_eq!(all["events"][2]["id"], first + 2);
    assert_eq!(
        fields(&all["events"][0]),
        [
            "at",
            "changed",
            "elapsed_ms",
            "generation",
            "id",
            "kind",
            "outcome",
            "source",
            "stages_ms",
            "target",
            "trigger",
            "value_revision",
        ]
    );
    let newest = rig.get("/debug/reload/events?limit=1").await.json();
    assert_eq!(newest["events"][0], all["events"][2]);
    let path = format!("/debug/reload/events?since={first}&limit=1");
    assert_eq!(outcomes(&rig.get(&path).await.json()), ["rejected"]);
    let path = format!("/debug/reload/events?since={}", first + 2);
    assert_eq!(
        rig.get(&path).await.json(),
        json!({"events": [], "lost": 0})
    );
}

#[tokio::test(start_paused = true)]
async fn rollback_needs_the_visible_generation() {
    let rig = Rig::new().await;
    let path = "/debug/reload/rollback";
    assert_eq!(post(&rig.router, path).await.status, 428);
    assert_eq!(
        rig.roll_back(path, "\"1\"").await.status,
        404,
        "there is no earlier value"
    );
    assert_eq!(rig.reload(Good("second")).await.status, 200);
    let stale = rig.roll_back(path, "\"1\"").await;
    assert_eq!(
        (stale.status, &*stale.error()),
        (412, "generation 2 is visible now")
    );
    for wrong in ["2", "W/\"2\"", "\"22\"", "\"-2\"", ""] {
        assert_eq!(rig.roll_back(path, wrong).await.status, 412, "{wrong}");
    }
    assert_eq!(*rig.live.load(), "second");
    let tag = rig.get("/debug/reload/status?target=motto").await;
    let back = rig.roll_back(path, tag.header("etag")).await;
    assert_eq!(back.status, 200);
    let receipt = &back.json()["targets"][0];
    assert_eq!(
        (&receipt["outcome"], &receipt["generation"]),
        (&json!("published"), &json!(3))
    );
    assert_eq!(
        (&receipt["target"], &receipt["trigger"]),
        (&json!("motto"), &json!("rollback"))
    );
    assert_eq!(*rig.live.load(), "first");
}

#[tokio::test(start_paused = true)]
async fn rollback_to_an_evicted_generation_is_not_found() {
    let rig = Rig::new().await;
    for text in ["second", "third", "fourth"] {
        assert_eq!(rig.reload(Good(text)).await.status, 200);
    }
    let evicted = rig.roll_back("/debug/reload/rollback/1", "\"4\"").await;
    assert_eq!(evicted.status, 404);
    assert_eq!(
        evicted.error(),
        "generation 1 is not retained; retained: 3, 2"
    );
    assert_eq!(
        rig.roll_back("/debug/reload/rollback/x", "\"4\"")
            .await
            .status,
        404
    );
    assert_eq!(
        rig.roll_back("/debug/reload/rollback/2", "*").await.status,
        200
    );
    assert_eq!(*rig.live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn pause_holds_until_resume() {
    let rig = Rig::new().await;
    let paused = post(&rig.router, "/debug/reload/pause").await;
    assert_eq!(paused.status, 200);
    let row = &paused.json()["targets"][0];
    assert_eq!(
        (&row["target"], &row["hold"]["reason"]),
        (&json!("motto"), &json!("paused"))
    );
    assert_eq!(rig.reload(Good("second")).await.status, 409);
    assert_eq!(*rig.live.load(), "first");
    let resumed = post(&rig.router, "/debug/reload/resume?target=motto").await;
    assert_eq!(
        (resumed.status, &resumed.json()["targets"][0]["generation"]),
        (200, &json!(2))
    );
    assert_eq!(*rig.live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn router_nests_and_keeps_its_guard() {
    let rig = Rig::new().await;
    let nested = Router::new().nest("/admin", admin(&rig.registry).router());
    assert_eq!(get(&nested, "/admin/debug/reload/status").await.status, 200);
    let foreign = request("POST", "/admin/-/reload").header("origin", "http://evil.com");
    let foreign = send(&nested, foreign.body(Body::empty()).unwrap()).await;
    assert_eq!((foreign.status, rig.script.loads()), (403, 1));
    settle().await;
    let merged = Router::new().merge(admin(&rig.registry).router());
    let response = get(&merged, "/-/healthy").await;
    assert_eq!((response.status, &*response.body), (200, "OK\n"));
    assert_eq!(response.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn routes_of_the_application_are_guarded() {
    let page = axum::routing::get(|| async { "a page" });
    let routes = Router::new().route("/metrics", page);
    let router = admin(&Registry::new()).routes(routes).router();
    assert_eq!(get(&router, "/metrics").await.body, "a page");
    let foreign = Request::get("/metrics").header("host", "example.com");
    let answer = send(&router, foreign.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test(start_paused = true)]
async fn body_that_does_not_arrive_is_given_up() {
    let rig = Rig::new().await;
    let body = Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
    let request = request("POST", "/-/reload").header("content-type", "application/json");
    let before = Instant::now();
    let answer = send(&rig.router, request.body(body).unwrap()).await;
    assert_eq!((answer.status, before.elapsed().as_secs()), (408, 10));
    // The service polls meanwhile, but nobody has requested a load.
    let events = rig.get("/debug/reload/events").await.json();
    assert_eq!(events["events"].as_array().unwrap().len(), 1);
}
