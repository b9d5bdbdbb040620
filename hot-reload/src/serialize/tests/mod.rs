//! Pins the JSON of each type, because programs and dashboards read it.
#![cfg(feature = "json")]

mod reports;

use std::collections::BTreeSet;

use serde_json::{Value, json, to_value};

use super::*;
use crate::event::{DataState, HoldReason, Outcome, Stage, Trigger, WatchState};
use crate::generation::Generation;

/// 2026-11-21T06:15:08.042Z.
const NOW: Duration = Duration::from_millis(1_795_241_708_042);

fn now() -> SystemTime {
    UNIX_EPOCH + NOW
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn generation(number: u64) -> Generation {
    (1..number).fold(Generation::FIRST, |generation, _| generation.next())
}

fn typo() -> Error {
    Error::new(ErrorKind::Decode, "expected u16, found \"80a\"")
        .at(Location::new("app.toml").line(4, 8).path("server.port"))
}

fn typo_json() -> Value {
    json!({
        "kind": "decode",
        "message": "expected u16, found \"80a\"",
        "file": "app.toml",
        "line": 4,
        "column": 8,
        "path": "server.port",
        "revision": null,
        "causes": [],
    })
}

fn json_of(value: impl Serialize) -> Value {
    to_value(value).unwrap()
}

// ===== words =====

/// Every variant with its word.
fn words_of<W: Serialize + Copy>(words: &[W], as_str: impl Fn(&W) -> &'static str) {
    let written: BTreeSet<_> = words.iter().map(|word| json_of(word).to_string()).collect();
    assert_eq!(written.len(), words.len(), "{written:?}");
    for word in words {
        assert_eq!(json_of(word), as_str(word));
    }
}

#[test]
fn each_word_is_that_of_logs() {
    use Trigger::{Http, Interval, Manual, Resync, Retry, Rollback, Signal, Startup, Watch};
    words_of(
        &[
            Startup, Watch, Interval, Resync, Retry, Manual, Signal, Http, Rollback,
        ],
        Trigger::as_str,
    );
    use Stage::{Commit, Decode, Load, Prepare, Validate};
    words_of(&[Load, Decode, Validate, Prepare, Commit], Stage::as_str);
    use WatchState::{Connecting, Down, Off, Parked, Settling, Trusted, Untrusted};
    words_of(
        &[Off, Connecting, Settling, Trusted, Untrusted, Down, Parked],
        WatchState::as_str,
    );
    use DataState::{Fresh, None, Restored, Stale};
    words_of(&[None, Restored, Fresh, Stale], DataState::as_str);
    use HoldReason as H;
    words_of(
        &[
            H::Paused,
            H::Rollback,
            H::Probation,
            H::Shrunk,
            H::Rewound,
            H::BeingWritten,
        ],
        HoldReason::as_str,
    );
    use ErrorKind as E;
    words_of(
        &[
            E::NotFound,
            E::Unavailable,
            E::Denied,
            E::Timeout,
            E::TooLarge,
            E::Decode,
            E::Invalid,
            E::Panicked,
            E::Misconfigured,
            E::Stopped,
            E::WouldDeadlock,
            E::Other,
        ],
        |kind| kind.as_str(),
    );
}

// ===== times and durations =====

fn written(seconds: i64, nanos: u32) -> String {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let start = match seconds < 0 {
        true => UNIX_EPOCH - whole,
        false => UNIX_EPOCH + whole,
    };
    Rfc3339(start + Duration::from_nanos(nanos.into())).to_string()
}

#[test]
fn time_is_utc_with_milliseconds_rounded_down() {
    for (seconds, nanos, text) in [
        (0, 0, "1970-01-01T00:00:00.000Z"),
        (1_795_241_708, 42_999_999, "2026-11-21T06:15:08.042Z"),
        (951_827_696, 999_999_999, "2000-02-29T12:34:56.999Z"),
        (-1, 1_999_999, "1969-12-31T23:59:59.001Z"),
        (-62_167_219_200, 0, "0000-01-01T00:00:00.000Z"),
        (253_402_300_799, 0, "9999-12-31T23:59:59.000Z"),
    ] {
        assert_eq!(written(seconds, nanos), text);
    }
}

#[test]
fn time_that_rfc_3339_cannot_write_becomes_the_nearest() {
    assert_eq!(written(1 << 50, 0), "9999-12-31T23:59:59.000Z");
    assert_eq!(written(-(1 << 50), 0), "0000-01-01T00:00:00.000Z");
}

#[test]
fn duration_is_whole_milliseconds_rounded_down() {
    assert_eq!(whole_ms(Duration::from_micros(1_999)), 1);
    assert_eq!(whole_ms(Duration::from_nanos(1)), 0);
    assert_eq!(whole_ms(Duration::MAX), u64::MAX);
}

// ===== errors, revisions, outcomes =====

#[test]
fn error_has_its_kind_its_place_and_its_causes() {
    assert_eq!(json_of(typo()), typo_json());
    let plain = Error::new(ErrorKind::Unavailable, "cannot connect")
        .with_revision(Revision::new([0xab, 0x01]))
        .with_source("connection refused");
    assert_eq!(
        json_of(plain),
        json!({
            "kind": "unavailable",
            "message": "cannot connect",
            "file": null,
            "line": null,
            "column": null,
            "path": null,
            "revision": "ab01",
            "causes": ["connection refused"],
        })
    );
    assert_eq!(
        json_of(Location::new("https://host/app.toml")),
        json!({"file": "https://host/app.toml", "line": null, "column": null, "path": null})
    );
}

#[test]
fn p18_error_shows_no_secret() {
    let error = Error::new(ErrorKind::Other, "got Bearer hunter2hunter2")
        .at(Location::new("redis://:hunter2@db").path("tokens.ghp_hunter2.rate"))
        .with_source("postgres://me:hunter2@db");
    let text = json_of(&error).to_string();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("(not shown)"), "{text}");
}

#[test]
fn long_revision_is_its_hash() {
    let long = Revision::new([7; 40]);
    assert_eq!(json_of(&long), long.to_string());
}

fn outcomes() -> [(Outcome, Value); 6] {
    [
        (
            Outcome::Published {
                generation: generation(7),
            },
            json!({"outcome": "published", "generation": 7}),
        ),
        (Outcome::Unchanged, json!({"outcome": "unchanged"})),
        (
            Outcome::Rejected {
                stage: Stage::Validate,
                error: typo(),
            },
            json!({"outcome": "rejected", "stage": "validate", "error": typo_json()}),
        ),
        (
            Outcome::Failed { error: typo() },
            json!({"outcome": "failed", "error": typo_json()}),
        ),
        (Outcome::Missing, json!({"outcome": "missing"})),
        (Outcome::Held, json!({"outcome": "held"})),
    ]
}

#[test]
fn outcome_is_a_word_with_its_details_beside_it() {
    for (outcome, expected) in outcomes() {
        assert_eq!(expected["outcome"], outcome.as_str());
        assert_eq!(json_of(outcome), expected);
    }
}

/// The object with these further fields.
fn and(mut object: Value, more: Value) -> Value {
    let more = more.as_object().unwrap().clone();
    object.as_object_mut().unwrap().extend(more);
    object
}
