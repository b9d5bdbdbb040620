//! Pins the JSON of an explanation, because programs and dashboards read it.
#![cfg(feature = "json")]

use serde_json::{Value, json};

use super::*;

/// Every kind of entry. It is requested at 10 000 s after 1970, which is 9 000 s after the start.
fn explanation() -> Explanation {
    let why = Error::new(ErrorKind::Unavailable, "the watch was closed");
    let mut timeline = Timeline::new(16);
    drop(timeline.absent(seconds(1)));
    let published = Outcome::Published {
        generation: Generation::FIRST,
    };
    let mut load = attempt(2, Trigger::Startup, published, "abc");
    load.causes = load.causes.and(Causes::of(Trigger::Watch));
    drop(timeline.load_ended(load));
    for seconds in [3, 4] {
        drop(timeline.load_ended(rejected(seconds, Stage::Validate, "too low")));
    }
    drop(timeline.watch_changed(seconds(5), WatchState::Settling, WatchState::Trusted, None));
    for at in [6, 8_999] {
        let (from, to) = (WatchState::Trusted, WatchState::Down);
        drop(timeline.watch_changed(seconds(at), from, to, Some(&why)));
    }
    drop(timeline.missed(seconds(7)));
    drop(timeline.paused(seconds(8)));
    drop(timeline.resumed(seconds(9)));
    drop(timeline.failed(seconds(10), &why));
    drop(timeline.proven(seconds(11), Generation::FIRST));
    Explanation {
        status: Status::new("app".to_owned(), None),
        now: seconds(9_000),
        at: SystemTime::UNIX_EPOCH + seconds(10_000),
        last_good: Some(seconds(2)),
        timeline,
    }
}

#[test]
fn entries_are_objects_with_a_kind_and_a_time() {
    let explanation = explanation();
    let mut form = serde_json::to_value(&explanation).unwrap();
    let status = serde_json::to_value(explanation.status()).unwrap();
    assert_eq!(form["status"].take(), status);
    let error = |kind: &str, message: &str| {
        json!({
            "kind": kind, "message": message, "file": null, "line": null, "column": null,
            "path": null, "revision": null, "causes": [],
        })
    };
    let closed = error("unavailable", "the watch was closed");
    let expected = json!({
        "status": null,
        "at": "1970-01-01T02:46:40.000Z",
        "evictions": 0,
        "entries": [
            {"kind": "absent", "at": "1970-01-01T00:16:41.000Z"},
            {
                "kind": "load", "trigger": "startup", "causes": ["startup", "watch"],
                "outcome": "published", "revision": "616263", "generation": 1, "origin": null,
                "hold": null, "elapsed_ms": 1000, "stages_ms": {"load": 0, "validate": 250},
                "votes": [], "changed": null, "since_start_ms": 2000, "at": "1970-01-01T00:00:02.000Z",
                "times": 1, "first": "1970-01-01T00:00:02.000Z", "fallback": false,
            },
            {
                "kind": "load", "trigger": "retry", "causes": ["retry"],
                "outcome": "rejected", "stage": "validate", "error": error("invalid", "too low"),
                "revision": "62", "generation": 1, "origin": null,
                "hold": null, "elapsed_ms": 1000, "stages_ms": {"load": 0, "validate": 250},
                "votes": [], "changed": null, "since_start_ms": 4000, "at": "1970-01-01T00:00:04.000Z",
                "times": 2, "first": "1970-01-01T00:00:03.000Z", "fallback": false,
            },
            {
                "kind": "watch", "from": null, "to": "trusted", "error": null,
                "at": "1970-01-01T00:16:45.000Z", "times": 1,
                "first": "1970-01-01T00:16:45.000Z",
            },
            {
                "kind": "watch", "from": "trusted", "to": "down", "error": closed,
                "at": "1970-01-01T02:46:39.000Z", "times": 2,
                "first": "1970-01-01T00:16:46.000Z",
            },
            {"kind": "missed", "at": "1970-01-01T00:16:47.000Z"},
            {"kind": "paused", "at": "1970-01-01T00:16:48.000Z"},
            {"kind": "resumed", "at": "1970-01-01T00:16:49.000Z"},
            {"kind": "probation_failed", "error": closed, "at": "1970-01-01T00:16:50.000Z"},
            {"kind": "probation_passed", "generation": 1, "at": "1970-01-01T00:16:51.000Z"},
        ],
    });
    assert_eq!(form, expected);
    let text = serde_json::to_string(&explanation).unwrap();
    let parsed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(parsed["entries"], expected["entries"]);
}

#[test]
fn entry_before_1970_has_the_time_of_the_request() {
    let mut timeline = Timeline::new(1);
    drop(timeline.missed(seconds(0)));
    let explanation = Explanation {
        status: Status::new("app".to_owned(), None),
        now: Duration::MAX,
        at: SystemTime::UNIX_EPOCH,
        last_good: None,
        timeline,
    };
    let form = serde_json::to_value(&explanation).unwrap();
    assert_eq!(form["entries"][0]["at"], "1970-01-01T00:00:00.000Z");
}
