//! A planted secret is in no answer of any endpoint.

use std::fs;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::StreamExt;
use hot_reload::Registry;
use hot_reload::admin::Admin;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

use super::client::{get, post, request, send};

const PLANTED: &str = "hunter2-correct-horse";

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Config {
    port: u16,
    password: String,
}

fn check(config: &Config) -> Result<(), String> {
    match config.port {
        0 => Err(format!("cannot log in with password={}", config.password)),
        _ => Ok(()),
    }
}

/// What the stream sends at once.
async fn streamed(router: &Router) -> String {
    let request = request("GET", "/debug/reload/stream").header("last-event-id", "1");
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let mut frames = response.into_body().into_data_stream();
    let mut text = String::new();
    while !text.contains("event: load") {
        text += &String::from_utf8_lossy(&frames.next().await.unwrap().unwrap());
    }
    text
}

#[tokio::test]
async fn planted_secret_is_in_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.toml");
    let good = format!("port = 80\npassword = \"{PLANTED}\"\n");
    fs::write(&path, &good).unwrap();
    let registry = Registry::new();
    let router = Admin::new(&registry).rate_limit(1, Duration::ZERO).router();
    let builder = hot_reload::open::<Config>(&path).validate(check);
    let builder = builder.changed_paths().history(3).register(&registry);
    let (live, control) = builder.start().await.unwrap();
    assert_eq!(live.load().password, PLANTED);

    let mut shown = Vec::new();
    for content in [
        format!("port = 81\npassword = \"{PLANTED}!\"\n"),
        format!("port = 82\npassword = [\"{PLANTED}\"]\n"),
        format!("port = 83\npassword = \"{PLANTED}\n"),
        format!("port = \"postgres://app:{PLANTED}@db/app\"\npassword = \"\"\n"),
        format!("port = 0\npassword = \"{PLANTED}\"\n"),
    ] {
        fs::write(&path, content).unwrap();
        shown.push(post(&router, "/-/reload").await);
        for path in [
            "/-/healthy",
            "/-/ready",
            "/-/ready?strict=1",
            "/debug/reload/status",
            "/debug/reload/components",
            "/debug/reload/explain",
            "/debug/reload/events",
        ] {
            shown.push(get(&router, path).await);
        }
    }
    for path in ["pause", "resume", "trigger"] {
        shown.push(post(&router, &format!("/debug/reload/{path}")).await);
    }
    let back = request("POST", "/debug/reload/rollback").header("if-match", "*");
    shown.push(send(&router, back.body(Body::empty()).unwrap()).await);
    let mut shown: Vec<_> = shown.into_iter().map(|answer| answer.body).collect();
    shown.push(streamed(&router).await);
    let all = shown.join("\n");
    for part in ["hunter2", "correct-horse"] {
        assert!(!all.contains(part), "{all}");
    }
    for expected in ["rejected", "published", "paused", "rollback", "validate"] {
        assert!(all.contains(expected), "{expected} is missing in {all}");
    }
    control.stop().await;
}
