//! Lines of the audit log, and what happens when it cannot be written.

#[cfg(unix)]
mod disk;

use std::borrow::Cow;
use std::fs;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::journal::{Journal, MOST_TARGETS};
use super::queue::{Queue, ROOM};
use super::*;
use crate::error::{ErrorKind, ReloadResult};
use crate::event::{ChangedPaths, EventKind, Outcome, Stage, Trigger};
use crate::generation::Generation;
use crate::reload::Reload;
use crate::revision::Revision;
use crate::service::ReloaderService;

const KEY: RevisionKey = RevisionKey::new([7; 16]);

fn event(kind: EventKind) -> Event {
    Event {
        target: "app".into(),
        source: None,
        at: UNIX_EPOCH + Duration::from_millis(1_500),
        generation: Some(Generation::FIRST),
        value_revision: None,
        kind,
    }
}

fn load(trigger: Trigger, outcome: Outcome) -> Event {
    event(EventKind::Load {
        trigger,
        outcome,
        elapsed: Duration::ZERO,
        stages: Vec::new(),
        changed: None,
    })
}

fn failed(message: &str) -> Outcome {
    Outcome::Failed {
        error: Error::new(ErrorKind::Unavailable, message),
    }
}

fn rejected(revision: u128) -> Outcome {
    Outcome::Rejected {
        stage: Stage::Decode,
        error: Error::new(ErrorKind::Decode, "expected u16")
            .at(crate::error::Location::new("app.toml").line(4, 8))
            .with_revision(Revision::from(revision)),
    }
}

fn published(generation: Generation) -> Outcome {
    Outcome::Published { generation }
}

/// A log in a new folder.
fn log() -> (TempDir, AuditLog) {
    let folder = TempDir::new().unwrap();
    let log = AuditLog::open(folder.path().join("audit")).unwrap();
    (folder, log.revision_key(KEY))
}

/// The lines of a file, after a flush.
fn lines(folder: &TempDir, file: &str, log: &AuditLog) -> Vec<Value> {
    log.flush();
    read(folder, file)
}

fn read(folder: &TempDir, file: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.path().join(file)).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

fn number(line: &Value, field: &str) -> u64 {
    line[field].as_u64().unwrap()
}

#[test]
fn lines_have_exactly_these_fields() {
    let (folder, log) = log();
    log.on_event(&load(Trigger::Startup, published(Generation::FIRST)));
    let mut second = load(Trigger::Watch, published(Generation::FIRST.next()));
    second.generation = Some(Generation::FIRST.next());
    second.value_revision = Some(Revision::from(0xab_u64));
    second.source = Some("no such file".into());
    if let EventKind::Load { changed, .. } = &mut second.kind {
        let mut paths = ChangedPaths::default();
        paths.add(|| "server.port".to_owned());
        *changed = Some(paths);
    }
    log.on_event(&second);
    log.on_event(&load(Trigger::Http, rejected(42)));
    log.on_event(&event(EventKind::Paused));
    let lines = lines(&folder, "audit", &log);
    let first = number(&lines[0], "id");
    let hidden = KEY.hide(&Revision::from(42_u128)).to_string();
    assert_ne!(hidden, Revision::from(42_u128).to_string());
    let expected = json!([
        {
            "time": "1970-01-01T00:00:01.500Z", "id": first, "target": "app", "kind": "load", "trigger": "startup",
            "outcome": "published", "stage": null, "generation": 1, "revision": null, "old_generation": null,
            "old_revision": null, "rejected_revision": null, "changed": null, "error": null, "error_kind": null, "source": null,
        },
        {
            "time": "1970-01-01T00:00:01.500Z", "id": first + 1, "target": "app", "kind": "load", "trigger": "watch",
            "outcome": "published", "stage": null, "generation": 2, "revision": "00000000000000ab", "old_generation": 1,
            "old_revision": null, "rejected_revision": null, "changed": {"paths": ["server.port"], "omitted": 0},
            "error": null, "error_kind": null,
            "source": {"name": "no such file", "owner": null, "modified": null, "writable_by": null},
        },
        {
            "time": "1970-01-01T00:00:01.500Z", "id": first + 2, "target": "app", "kind": "load", "trigger": "http",
            "outcome": "rejected", "stage": "decode", "generation": 1, "revision": null, "old_generation": null,
            "old_revision": null, "rejected_revision": hidden, "changed": null, "error": "app.toml:4:8: expected u16",
            "error_kind": "decode", "source": null,
        },
        {
            "time": "1970-01-01T00:00:01.500Z", "id": first + 3, "target": "app", "kind": "paused", "trigger": null,
            "outcome": null, "stage": null, "generation": 1, "revision": null, "old_generation": null,
            "old_revision": null, "rejected_revision": null, "changed": null, "error": null, "error_kind": null, "source": null,
        },
    ]);
    assert_eq!(Value::from(lines), expected);
}

#[test]
fn decision_has_one_line_and_its_repetition_none() {
    let mut journal = Journal::new(UNIX_EPOCH);
    let mut is_logged = |event: &Event| journal.record(event, KEY).is_some();
    let steps = [
        (load(Trigger::Startup, published(Generation::FIRST)), true),
        (load(Trigger::Interval, Outcome::Unchanged), false),
        (load(Trigger::Manual, Outcome::Unchanged), true),
        (load(Trigger::Interval, failed("gone")), true),
        (load(Trigger::Retry, failed("gone")), false),
        (load(Trigger::Signal, failed("gone")), true),
        (load(Trigger::Retry, failed("refused")), true),
        (load(Trigger::Retry, Outcome::Unchanged), false),
        (load(Trigger::Retry, failed("refused")), true),
        (load(Trigger::Watch, rejected(1)), true),
        (load(Trigger::Watch, rejected(2)), true),
        (load(Trigger::Retry, rejected(2)), false),
        (load(Trigger::Watch, Outcome::Held), true),
        (load(Trigger::Interval, Outcome::Held), false),
        (load(Trigger::Watch, Outcome::Missing), true),
        (load(Trigger::Rollback, published(Generation::FIRST)), true),
        (load(Trigger::Rollback, failed("none")), true),
        (load(Trigger::Rollback, failed("none")), true),
        (event(EventKind::Paused), true),
        (event(EventKind::Resumed), true),
        (event(EventKind::Missed), false),
        (event(EventKind::Stopped), false),
    ];
    for (number, (event, expected)) in steps.iter().enumerate() {
        assert_eq!(is_logged(event), *expected, "{number}: {}", event.kind);
    }
}

#[test]
fn services_that_come_and_go_do_not_fill_the_memory() {
    let mut journal = Journal::new(UNIX_EPOCH);
    for number in 0..=MOST_TARGETS as u64 {
        let mut event = load(Trigger::Startup, failed("gone"));
        event.target = number.to_string().into();
        event.at = UNIX_EPOCH + Duration::from_secs(number);
        assert!(journal.record(&event, KEY).is_some());
    }
    assert_eq!(journal.targets(), MOST_TARGETS);
    let mut again = load(Trigger::Retry, failed("gone"));
    again.target = "1".into();
    assert!(journal.record(&again, KEY).is_none(), "it is remembered");
    again.target = "0".into();
    assert!(journal.record(&again, KEY).is_some(), "the oldest is not");
}

#[test]
fn storm_fills_the_queue_and_no_more() {
    let (queue, messages) = Queue::new();
    let mut journal = Journal::new(UNIX_EPOCH);
    for _ in 0..10_000 {
        let event = load(Trigger::Http, failed("gone"));
        queue.push(journal.record(&event, KEY).unwrap());
    }
    assert_eq!(messages.try_iter().count(), ROOM);
    assert_eq!(queue.lost().load(Relaxed), 10_000 - ROOM as u64);
}

#[test]
fn storm_of_events_is_written_or_counted() {
    let (folder, log) = log();
    for _ in 0..10_000 {
        log.on_event(&load(Trigger::Http, failed("gone")));
    }
    let lines = lines(&folder, "audit", &log);
    let is_lost = |line: &&Value| line["kind"] == "lost";
    let lost: u64 = lines
        .iter()
        .filter(is_lost)
        .map(|line| number(line, "lines"))
        .sum();
    let written = lines.iter().filter(|line| !is_lost(line)).count();
    assert_eq!(written as u64 + lost, 10_000);
    assert!(written >= ROOM, "{written}");
}

const SECRET: &str = "hunter2-planted";

/// A source whose name, values and errors contain a secret.
#[derive(Default)]
struct Planted(AtomicU32);

#[async_trait]
impl Reload<Value> for Planted {
    type Source = ();

    async fn new((): &()) -> ReloadResult<Self, Value> {
        Ok(Self::default())
    }

    async fn reload(&self) -> ReloadResult<Option<Value>, Value> {
        match self.0.fetch_add(1, Relaxed) {
            0 => Ok(Some(json!({"port": 80, "password": SECRET}))),
            1 => Ok(Some(json!({"port": 81, "password": format!("{SECRET}2")}))),
            _ => {
                let text =
                    format!("cannot log in with password={SECRET} at https://me:{SECRET}@host/");
                Err(Error::new(ErrorKind::Unavailable, text).into())
            }
        }
    }

    fn source_name(&self) -> Option<String> {
        Some(format!("https://me:{SECRET}@host/app?token={SECRET}"))
    }
}

#[tokio::test]
async fn planted_secret_is_in_no_line() {
    let (folder, log) = log();
    let service = ReloaderService::builder(Planted::default())
        .name(Cow::from("app"))
        .changed_paths()
        .value_revisions(KEY)
        .observe(log.clone());
    let (_live, control) = service.start().await.unwrap();
    for expected in ["published", "failed"] {
        assert_eq!(control.reload().await.outcome.as_str(), expected);
    }
    control.pause();
    control.stop().await;
    let lines = lines(&folder, "audit", &log);
    let outcomes: Vec<_> = lines.iter().map(|line| line["outcome"].as_str()).collect();
    assert_eq!(
        outcomes,
        [Some("published"), Some("published"), Some("failed"), None]
    );
    assert_eq!(lines[1]["old_revision"], lines[0]["revision"]);
    assert!(lines[1]["changed"]["paths"].to_string().contains("port"));
    assert!(
        lines[2]["error"]
            .as_str()
            .unwrap()
            .contains("cannot log in")
    );
    assert!(
        lines[2]["source"]["name"]
            .as_str()
            .unwrap()
            .contains("host/app")
    );
    for line in lines {
        assert!(!line.to_string().contains(SECRET), "{line}");
    }
}
