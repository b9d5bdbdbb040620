//! Tests of the entries, and of their text.

mod explanation;
#[cfg(feature = "serde")]
mod form;
mod timeline;

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use super::timeline::{EntryKind, Lost, Timeline};
use super::*;
use crate::error::ErrorKind;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const SECOND: Duration = seconds(1);

fn attempt(at: u64, trigger: Trigger, outcome: Outcome, revision: &str) -> Attempt {
    let since_start = seconds(at);
    let at = SystemTime::UNIX_EPOCH + since_start;
    Attempt {
        trigger,
        causes: Causes::of(trigger),
        outcome,
        revision: (!revision.is_empty()).then(|| Revision::new(revision)),
        generation: Some(Generation::FIRST),
        origin: None,
        hold: None,
        elapsed: SECOND,
        stages: vec![
            (Stage::Load, Duration::from_micros(999)),
            (Stage::Validate, Duration::from_millis(250)),
        ],
        votes: Vec::new(),
        changed: OnceLock::new(),
        since_start,
        at,
        times: 1,
        first: at,
        is_fallback: false,
    }
}

fn unchanged(seconds: u64) -> Attempt {
    attempt(seconds, Trigger::Interval, Outcome::Unchanged, "a")
}

fn rejected(seconds: u64, stage: Stage, text: &str) -> Attempt {
    let error = Error::new(ErrorKind::Invalid, text);
    attempt(
        seconds,
        Trigger::Retry,
        Outcome::Rejected { stage, error },
        "b",
    )
}
