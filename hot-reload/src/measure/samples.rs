//! [`samples`]: the metrics that the status of a service shows.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::SystemTime;

use super::table::{
    CERTIFICATE_EXPIRY, DEGRADED, GENERATION, HELD, INFO, LAST_ATTEMPT, LAST_SUCCESS,
    LAST_SUCCESSFUL, MISSED, Metric, RESTART_REQUIRED, STALE, WATCH_LOSSES, WATCH_STATE,
};
use crate::diff::RevisionKey;
use crate::event::{DataState, HoldReason, Outcome, WatchState};
use crate::revision::Revision;
use crate::service::Target;
use crate::status::{Attempt, Status};

/// One metric of one service.
#[derive(Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) metric: &'static Metric,
    /// The value of its label besides the target, if it has one.
    pub(crate) label: Option<Cow<'static, str>>,
    pub(crate) value: f64,
}

/// The metrics of a service at this moment.
pub(crate) fn samples(target: &Target, key: RevisionKey) -> Vec<Sample> {
    of_status(&target.status(), target.revision(), key)
}

/// The metrics of a status. Those without a value are left out, such as the generation before the first value. `source` is the
/// revision of the source that the visible value was loaded from.
fn of_status(status: &Status, source: Option<Revision>, key: RevisionKey) -> Vec<Sample> {
    let mut list = List(Vec::new());
    let last = status.last_attempt.as_deref();
    list.flag(LAST_SUCCESSFUL, last.is_some_and(is_good));
    list.time(LAST_SUCCESS, status.last_verified);
    list.time(LAST_ATTEMPT, last.map(|attempt| attempt.at));
    if let Some(generation) = status.generation {
        list.add(GENERATION, None, generation.get() as f64);
    }
    let hidden = source.map(|revision| key.hide(&revision));
    if let Some(revision) = status.value_revision.clone().or(hidden) {
        list.add(INFO, Some(revision.to_string().into()), 1.0);
    }
    list.flag(STALE, status.data == DataState::Stale);
    list.flag(RESTART_REQUIRED, !status.needs_restart.is_empty());
    let reason = status.hold.as_ref().map(|hold| hold.reason.as_str());
    list.set(HELD, HoldReason::WORDS, reason);
    list.set(WATCH_STATE, WatchState::WORDS, Some(status.watch.as_str()));
    list.add(WATCH_LOSSES, None, status.counters.watch_losses as f64);
    list.add(MISSED, None, status.counters.missed_events as f64);
    let source = status.source_status.as_ref();
    list.time(
        CERTIFICATE_EXPIRY,
        source.and_then(|source| source.certificate_expiry),
    );
    // Several certificates may expire at once, and one series is enough.
    let degraded = source.iter().flat_map(|source| &source.degraded);
    let reasons: BTreeSet<_> = degraded.map(|why| kind(&why.reason)).collect();
    for reason in reasons {
        list.add(DEGRADED, Some(reason.to_owned().into()), 1.0);
    }
    list.0
}

struct List(Vec<Sample>);

impl List {
    fn add(&mut self, metric: &'static Metric, label: Option<Cow<'static, str>>, value: f64) {
        self.0.push(Sample {
            metric,
            label,
            value,
        });
    }

    fn flag(&mut self, metric: &'static Metric, is_set: bool) {
        self.add(metric, None, f64::from(u8::from(is_set)));
    }

    fn time(&mut self, metric: &'static Metric, time: Option<SystemTime>) {
        let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        if let Some(since) = since {
            self.add(metric, None, since.as_secs_f64());
        }
    }

    /// One sample for each word: 1 for the present one, 0 for the others.
    fn set(
        &mut self,
        metric: &'static Metric,
        words: &'static [&'static str],
        present: Option<&str>,
    ) {
        for word in words {
            let is_present = present == Some(*word);
            let value = f64::from(u8::from(is_present));
            self.add(metric, Some((*word).into()), value);
        }
    }
}

/// Whether a load was good: it found the visible value, a new value, a value that is held, or no content and a default.
fn is_good(attempt: &Attempt) -> bool {
    match attempt.outcome {
        Outcome::Published { .. } | Outcome::Unchanged | Outcome::Held => true,
        Outcome::Rejected { .. } | Outcome::Failed { .. } => false,
        Outcome::Missing => attempt.is_fallback,
    }
}

/// Whether the duration of a load counts. Thousands of polls that read nothing would hide the others.
pub(crate) const fn has_duration(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Unchanged => false,
        Outcome::Published { .. }
        | Outcome::Rejected { .. }
        | Outcome::Failed { .. }
        | Outcome::Missing
        | Outcome::Held => true,
    }
}

/// The kind of a degradation as a label, or `other`. A source of an application may put any text there, and a label must be one
/// of a few words.
fn kind(reason: &str) -> &str {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let is_kind = (1..=40).contains(&reason.len()) && reason.bytes().all(is_word);
    if is_kind { reason } else { "other" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{Degradation, SourceStatus};

    const KEY: RevisionKey = RevisionKey::new([7; 16]);

    fn shown(status: &Status) -> Vec<String> {
        let samples = of_status(status, None, KEY).into_iter();
        let line = |sample: Sample| {
            let label = sample.label.map(|label| format!("{{{label}}}"));
            format!(
                "{}{} {}",
                sample.metric.name,
                label.unwrap_or_default(),
                sample.value
            )
        };
        samples.map(line).collect()
    }

    fn status() -> Status {
        Status::new("app".to_owned(), None)
    }

    #[test]
    fn status_without_a_value_has_no_generation_and_no_times() {
        let lines = shown(&status());
        assert!(lines.contains(&"config_last_reload_successful 0".to_owned()));
        assert!(lines.contains(&"config_watch_state{off} 1".to_owned()));
        assert!(lines.contains(&"config_watch_state{trusted} 0".to_owned()));
        for absent in ["generation", "timestamp", "info", "degraded"] {
            assert!(!lines.iter().any(|line| line.contains(absent)), "{lines:?}");
        }
    }

    #[test]
    fn exactly_one_watch_state_is_present() {
        let mut status = status();
        status.watch = WatchState::Parked;
        let lines = shown(&status);
        let of = |value| {
            let states = lines.iter().filter(|line| line.contains("watch_state"));
            states.filter(|line| line.ends_with(value)).count()
        };
        assert_eq!((of(" 1"), of(" 0")), (1, 6));
    }

    #[test]
    fn degradations_of_one_kind_are_one_sample_and_odd_kinds_are_other() {
        let mut source = SourceStatus::default();
        for reason in ["replica", "replica", "Secret: hunter2", ""] {
            source = source.with_degradation(Degradation::new(reason, "is bad", "fix it"));
        }
        let mut status = status();
        status.source_status = Some(source);
        let lines = shown(&status);
        assert!(lines.contains(&"config_degraded{replica} 1".to_owned()));
        assert!(lines.contains(&"config_degraded{other} 1".to_owned()));
    }

    #[test]
    fn revision_of_the_value_is_shown_and_that_of_the_source_is_hidden() {
        let mut status = status();
        let info = |status: &Status, source: u64, key| {
            let source = Some(Revision::from(source));
            let mut samples = of_status(status, source, key).into_iter();
            samples.find(|sample| sample.metric == INFO).unwrap().label
        };
        let hidden = info(&status, 0xabcd, KEY).unwrap();
        assert!(!hidden.contains("abcd") && hidden.len() == 32, "{hidden}");
        assert_eq!(info(&status, 0xabcd, KEY).unwrap(), hidden);
        let other = RevisionKey::new([8; 16]);
        assert_ne!(info(&status, 0xabcd, other).unwrap(), hidden);
        assert_ne!(info(&status, 0xabce, KEY).unwrap(), hidden);
        status.value_revision = Some(Revision::from(7_u128));
        let shown = info(&status, 0xabcd, KEY).unwrap();
        assert_eq!(shown, format!("{:032x}", 7));
    }
}
