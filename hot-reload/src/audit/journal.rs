//! [`Journal`]: decides which events have a line, and what it says. It writes nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::record::Record;
use crate::diff::RevisionKey;
use crate::event::{ChangedPaths, Event, EventKind, Outcome, Trigger};
use crate::generation::Generation;
use crate::revision::Revision;

pub(super) struct Journal {
    /// The id of the last record.
    last: u64,
    targets: HashMap<Arc<str>, Seen>,
}

/// What the events of a service so far have shown.
#[derive(Default)]
struct Seen {
    /// The time of the last load.
    at: Option<SystemTime>,
    generation: Option<Generation>,
    revision: Option<Revision>,
    /// The text of the last outcome, if that was neither published nor unchanged.
    failure: Option<String>,
}

/// The most services that are remembered.
pub(super) const MOST_TARGETS: usize = 1_024;

impl Journal {
    /// The ids begin with the time in microseconds, so that they are larger than those of an earlier process.
    pub(super) fn new(now: SystemTime) -> Self {
        let age = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            last: u64::try_from(age.as_micros()).unwrap_or_default(),
            targets: HashMap::new(),
        }
    }

    /// The line of an event, if it has one.
    pub(super) fn record(&mut self, event: &Event, key: RevisionKey) -> Option<Record> {
        match &event.kind {
            EventKind::Load {
                trigger,
                outcome,
                changed,
                ..
            } => self.load(event, *trigger, outcome, changed.as_ref(), key),
            EventKind::Paused | EventKind::Resumed => Some(self.begin(event)),
            EventKind::Stopped => {
                self.targets.remove(&event.target);
                None
            }
            EventKind::Watch { .. }
            | EventKind::Missed
            | EventKind::Stale { .. }
            | EventKind::Outage { .. }
            | EventKind::GivenUp { .. }
            | EventKind::Degraded(_)
            | EventKind::Resolved(_)
            | EventKind::Lagged(_) => None,
        }
    }

    fn load(
        &mut self,
        event: &Event,
        trigger: Trigger,
        outcome: &Outcome,
        changed: Option<&ChangedPaths>,
        key: RevisionKey,
    ) -> Option<Record> {
        let seen = self.seen(event);
        let old = (seen.generation, seen.revision.clone());
        seen.generation = event.generation;
        seen.revision.clone_from(&event.value_revision);
        let (is_published, stage) = match outcome {
            Outcome::Published { .. } => (true, None),
            Outcome::Rejected { stage, .. } => (false, Some(*stage)),
            Outcome::Unchanged | Outcome::Failed { .. } | Outcome::Missing | Outcome::Held => {
                (false, None)
            }
        };
        let error = outcome.error().map(ToString::to_string);
        let failure = (!outcome.is_current()).then(|| {
            let revision = outcome.error().and_then(|error| error.revision());
            format!("{outcome} {error:?} {revision:?}")
        });
        let repeats = match &failure {
            Some(_) => failure == seen.failure,
            None => !is_published,
        };
        seen.failure = failure;
        // A rollback has a line each time, by a person or not.
        if repeats && !trigger.is_requested() && trigger != Trigger::Rollback {
            return None;
        }
        let record = self.begin(event);
        let (old_generation, old_revision) = match is_published {
            true => old,
            false => (None, None),
        };
        Some(Record {
            trigger: Some(trigger),
            outcome: Some(outcome.as_str()),
            stage,
            old_generation,
            old_revision,
            rejected_revision: outcome
                .error()
                .and_then(|error| error.revision())
                .map(|revision| key.hide(revision)),
            changed: changed.cloned(),
            error,
            error_kind: outcome.error().map(|error| error.kind()),
            ..record
        })
    }

    /// What the events of the service so far have shown. Forgets the service with the oldest load, if there are too many.
    fn seen(&mut self, event: &Event) -> &mut Seen {
        if self.targets.len() >= MOST_TARGETS && !self.targets.contains_key(&event.target) {
            let oldest = self.targets.iter().min_by_key(|(_, seen)| seen.at);
            if let Some(oldest) = oldest.map(|(name, _)| Arc::clone(name)) {
                self.targets.remove(&oldest);
            }
        }
        let seen = self.targets.entry(Arc::clone(&event.target)).or_default();
        seen.at = Some(event.at);
        seen
    }

    #[cfg(test)]
    pub(super) fn targets(&self) -> usize {
        self.targets.len()
    }

    /// A record with what every event has.
    fn begin(&mut self, event: &Event) -> Record {
        self.last += 1;
        Record {
            time: event.at,
            id: self.last,
            target: Arc::clone(&event.target),
            kind: event.kind.as_str(),
            trigger: None,
            outcome: None,
            stage: None,
            generation: event.generation,
            revision: event.value_revision.clone(),
            old_generation: None,
            old_revision: None,
            rejected_revision: None,
            changed: None,
            error: None,
            error_kind: None,
            source: None,
            source_name: event.source.clone(),
        }
    }
}
