//! Pins the JSON of receipts, events, statuses and snapshots.

use std::borrow::Cow;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};

use super::*;
use crate::event::{Causes, ChangedPaths, Event, EventKind};
use crate::receipt::Receipt;
use crate::snapshot::{Published, Snapshot};
use crate::status::{
    Attempt, Counters, Degradation, ErrorCounts, Hold, SourceStatus, Status, Vote,
};

fn attempt(outcome: Outcome) -> Attempt {
    Attempt {
        trigger: Trigger::Watch,
        causes: Causes::of(Trigger::Watch),
        outcome,
        revision: None,
        generation: Some(generation(7)),
        origin: None,
        hold: None,
        elapsed: ms(5),
        stages: vec![(Stage::Load, ms(4))],
        votes: Vec::new(),
        changed: OnceLock::new(),
        since_start: ms(60_000),
        at: now(),
        times: 1,
        first: now(),
        is_fallback: false,
    }
}

/// The form of an attempt, without its outcome.
fn attempt_json() -> Value {
    json!({
        "trigger": "watch",
        "causes": ["watch"],
        "revision": null,
        "generation": 7,
        "origin": null,
        "hold": null,
        "elapsed_ms": 5,
        "stages_ms": {"load": 4},
        "votes": [],
        "changed": null,
        "since_start_ms": 60000,
        "at": "2026-11-21T06:15:08.042Z",
        "times": 1,
        "first": "2026-11-21T06:15:08.042Z",
        "fallback": false,
    })
}

#[test]
fn attempt_has_the_fields_of_its_outcome() {
    for (outcome, expected) in outcomes() {
        assert_eq!(json_of(attempt(outcome)), and(expected, attempt_json()));
    }
}

#[test]
fn changed_paths_are_listed_and_counted() {
    let mut changed = ChangedPaths::default();
    for number in 0..22 {
        changed.add(|| format!("routes[{number}]"));
    }
    let paths: Vec<_> = (0..20).map(|number| format!("routes[{number}]")).collect();
    let expected = json!({"paths": paths, "omitted": 2});
    assert_eq!(json_of(&changed), expected);
    let attempt = attempt(Outcome::Unchanged);
    attempt.set_changed(changed.clone());
    assert_eq!(json_of(attempt)["changed"], expected);
    let event = event(EventKind::Load {
        trigger: Trigger::Watch,
        outcome: Outcome::Unchanged,
        elapsed: ms(0),
        stages: Vec::new(),
        changed: Some(changed),
    });
    assert_eq!(json_of(event)["changed"], expected);
}

#[test]
fn receipt_has_stages_and_votes() {
    let hold = Hold::new(HoldReason::Paused, now(), "paused");
    for (outcome, expected) in outcomes() {
        let receipt = Receipt {
            trigger: Trigger::Http,
            outcome,
            hold: Some(hold.clone()),
            elapsed: ms(1_500),
            stages: vec![(Stage::Load, ms(1_200)), (Stage::Validate, ms(0))],
            votes: vec![
                Vote {
                    participant: "pool".to_owned(),
                    refusal: None,
                    elapsed: ms(3),
                    failure: Some(typo()),
                },
                Vote {
                    participant: "tls".to_owned(),
                    refusal: Some(typo()),
                    elapsed: ms(4),
                    failure: None,
                },
            ],
        };
        let more = json!({
            "trigger": "http",
            "hold": {"reason": "paused", "since": "2026-11-21T06:15:08.042Z", "message": "paused"},
            "elapsed_ms": 1500,
            "stages_ms": {"load": 1200, "validate": 0},
            "votes": [
                {"participant": "pool", "refusal": null, "elapsed_ms": 3, "failure": typo_json()},
                {"participant": "tls", "refusal": typo_json(), "elapsed_ms": 4, "failure": null},
            ],
        });
        assert_eq!(json_of(receipt), and(expected, more));
    }
}

// ===== events =====

fn event(kind: EventKind) -> Event {
    Event {
        target: Arc::from("app"),
        source: Some(Arc::from("app.toml")),
        at: now(),
        generation: Some(generation(7)),
        value_revision: None,
        kind,
    }
}

fn event_json(more: Value) -> Value {
    and(
        json!({"target": "app", "source": "app.toml", "at": "2026-11-21T06:15:08.042Z", "generation": 7, "value_revision": null}),
        more,
    )
}

#[test]
fn event_of_a_load_has_the_fields_of_its_outcome() {
    for (outcome, expected) in outcomes() {
        let event = event(EventKind::Load {
            trigger: Trigger::Signal,
            outcome,
            elapsed: ms(12),
            stages: vec![(Stage::Load, ms(11))],
            changed: None,
        });
        let more = json!({
            "kind": "load",
            "trigger": "signal",
            "elapsed_ms": 12,
            "stages_ms": {"load": 11},
            "changed": null,
        });
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(text.matches("\"generation\"").count(), 1, "{text}");
        assert_eq!(json_of(event), event_json(and(more, expected)));
    }
}

#[test]
fn event_says_its_kind_and_its_details() {
    let watch = EventKind::Watch {
        from: WatchState::Trusted,
        to: WatchState::Down,
        error: Some(typo()),
    };
    let stale = EventKind::Stale {
        age: ms(60_000),
        error: None,
    };
    for (kind, expected) in [
        (
            watch,
            json!({"kind": "watch", "from": "trusted", "to": "down", "error": typo_json()}),
        ),
        (EventKind::Missed, json!({"kind": "missed"})),
        (EventKind::Paused, json!({"kind": "paused"})),
        (EventKind::Resumed, json!({"kind": "resumed"})),
        (
            stale,
            json!({"kind": "stale", "age_ms": 60000, "error": null}),
        ),
        (
            EventKind::Outage {
                age: ms(600_000),
                loads: 24,
                error: None,
            },
            json!({"kind": "outage", "age_ms": 600000, "loads": 24, "error": null}),
        ),
        (
            EventKind::GivenUp {
                attempts: 5,
                error: Some(typo()),
            },
            json!({"kind": "given_up", "attempts": 5, "error": typo_json()}),
        ),
        (
            EventKind::Degraded(replica()),
            json!({"kind": "degraded", "reason": "replica", "message": "a replica is read", "remedy": "restart it", "inherent": false}),
        ),
        (
            EventKind::Resolved(replica()),
            json!({"kind": "resolved", "reason": "replica", "message": "a replica is read", "remedy": "restart it", "inherent": false}),
        ),
        (EventKind::Lagged(3), json!({"kind": "lagged", "lost": 3})),
        (EventKind::Stopped, json!({"kind": "stopped"})),
    ] {
        assert_eq!(expected["kind"], kind.as_str());
        assert_eq!(json_of(event(kind)), event_json(expected));
    }
    let early = Event {
        target: Arc::from("app"),
        source: None,
        at: now(),
        generation: None,
        value_revision: None,
        kind: EventKind::Stopped,
    };
    assert_eq!(
        json_of(early),
        json!({"target": "app", "source": null, "at": "2026-11-21T06:15:08.042Z", "generation": null, "value_revision": null, "kind": "stopped"})
    );
}

// ===== status =====

fn replica() -> Degradation {
    Degradation::new("replica", "a replica is read", "restart it")
}

fn errors() -> ErrorCounts {
    let mut errors = ErrorCounts::default();
    let kinds = [ErrorKind::Decode, ErrorKind::Timeout, ErrorKind::Timeout];
    kinds.into_iter().for_each(|kind| errors.add(kind));
    errors
}

/// A status without an empty field.
fn full() -> Status {
    let source = SourceStatus {
        degraded: vec![replica()],
        counters: vec![
            ("reconnects".into(), 3),
            ("reads".into(), 9),
            ("reconnects".into(), 4),
        ],
        heartbeat: Some(ms(2_500)),
        certificate_expiry: Some(now()),
    };
    Status {
        source_status: Some(source),
        data: DataState::Stale,
        data_since: Some(now()),
        max_staleness: Some(ms(90_000)),
        watch: WatchState::Down,
        watch_since: Some(now()),
        watch_error: Some(typo()),
        on_probation: Some(generation(7)),
        confirm_by: Some(now()),
        hold: Some(Hold::new(HoldReason::BeingWritten, now(), "waits")),
        enabled: false,
        given_up: true,
        stopped: false,
        generation: Some(generation(7)),
        last_published: Some(now()),
        last_verified: Some(now()),
        last_attempt: Some(attempt(Outcome::Unchanged).into()),
        last_error: Some(typo()),
        needs_restart: vec!["server.listen".to_owned()],
        counters: Counters {
            loads: 1,
            published: 2,
            unchanged: 3,
            rejected: 4,
            failed: 5,
            errors: errors(),
            missing: 6,
            held: 7,
            rollbacks: 8,
            watch_losses: 9,
            missed_events: 10,
        },
        ..Status::new("app".to_owned(), Some("app.toml".to_owned()))
    }
}

#[test]
fn status_has_times_counters_and_the_last_attempt() {
    assert_eq!(
        json_of(full()),
        json!({
            "name": "app",
            "source": "app.toml",
            "source_status": {
                "degraded": [{
                    "reason": "replica",
                    "message": "a replica is read",
                    "remedy": "restart it",
                    "inherent": false,
                }],
                "counters": {"reconnects": 3, "reads": 9},
                "heartbeat_ms": 2500,
                "certificate_expiry": "2026-11-21T06:15:08.042Z",
            },
            "data": "stale",
            "data_since": "2026-11-21T06:15:08.042Z",
            "max_staleness_ms": 90000,
            "watch": "down",
            "watch_since": "2026-11-21T06:15:08.042Z",
            "watch_error": typo_json(),
            "on_probation": 7,
            "confirm_by": "2026-11-21T06:15:08.042Z",
            "hold": {
                "reason": "being_written",
                "since": "2026-11-21T06:15:08.042Z",
                "message": "waits",
            },
            "enabled": false,
            "given_up": true,
            "stopped": false,
            "generation": 7,
            "value_revision": null,
            "last_published": "2026-11-21T06:15:08.042Z",
            "last_verified": "2026-11-21T06:15:08.042Z",
            "last_attempt": and(attempt_json(), json!({"outcome": "unchanged"})),
            "last_error": typo_json(),
            "needs_restart": ["server.listen"],
            "counters": {
                "loads": 1,
                "published": 2,
                "unchanged": 3,
                "rejected": 4,
                "failed": 5,
                "errors": {"timeout": 2, "decode": 1},
                "missing": 6,
                "held": 7,
                "rollbacks": 8,
                "watch_losses": 9,
                "missed_events": 10,
            },
        })
    );
}

/// The names of the fields, from the `Debug` of a struct that derives it.
fn fields(debug: &str) -> BTreeSet<String> {
    let lines = debug.lines().filter_map(|line| line.strip_prefix("    "));
    let fields = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    fields
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The names of the fields of the JSON object, without the unit.
fn keys(object: &Value) -> BTreeSet<String> {
    let keys = object.as_object().unwrap().keys();
    keys.map(|key| key.strip_suffix("_ms").unwrap_or(key).to_owned())
        .collect()
}

#[test]
fn every_field_of_a_status_appears_also_if_it_is_empty() {
    let empty = Status::new("app".to_owned(), None);
    for status in [full(), empty] {
        assert_eq!(keys(&json_of(&status)), fields(&format!("{status:#?}")));
    }
    let Status {
        source_status,
        hold,
        counters,
        ..
    } = full();
    assert_eq!(keys(&json_of(counters)), fields(&format!("{counters:#?}")));
    assert_eq!(
        keys(&json_of(&hold)),
        fields(&format!("{:#?}", hold.unwrap()))
    );
    let source = source_status.unwrap();
    assert_eq!(keys(&json_of(&source)), fields(&format!("{source:#?}")));
    let degradation = &source.degraded[0];
    let mut public = fields(&format!("{degradation:#?}"));
    assert!(public.remove("logged"));
    assert_eq!(keys(&json_of(degradation)), public);
}

#[test]
fn value_revision_of_an_event_is_shown_if_there_is_one() {
    let event = Event {
        value_revision: Some(Revision::new([0x5f])),
        ..event(EventKind::Missed)
    };
    assert_eq!(json_of(event)["value_revision"], "5f");
}

// ===== snapshot =====

#[test]
fn snapshot_has_the_value_and_its_metadata() {
    let snapshot = Snapshot::of(Arc::new(Published {
        generation: generation(3),
        revision: Some(Revision::new([0x5f])),
        value_revision: None,
        loaded_at: now(),
        trigger: Trigger::Rollback,
        origin: Some(generation(1)),
        engine_shares: AtomicUsize::new(2),
        value: Cow::Borrowed("value"),
    }));
    assert_eq!(
        json_of(snapshot),
        json!({
            "generation": 3,
            "revision": "5f",
            "value_revision": null,
            "loaded_at": "2026-11-21T06:15:08.042Z",
            "trigger": "rollback",
            "origin": 1,
            "value": "value",
        })
    );
}
