//! Writes rollbacks and probations to status, events and log.

use std::time::{Duration, SystemTime};

use tracing::{debug, error, info, warn};

use super::{Recorder, TARGET};
use crate::clock::time_of_day;
use crate::error::Error;
use crate::event::{DataState, EventKind, Outcome, Trigger};
use crate::service::flight::Span;
use crate::snapshot::{Generation, Snapshot};
use crate::status::Attempt;

impl<V> Recorder<V> {
    /// Writes a rollback into the status. The last state of the source stays.
    pub(crate) fn note_rollback(&self, outcome: &Outcome) {
        let mut status = self.shared.status();
        if let Outcome::Published { generation } = outcome {
            status.counters.published += 1;
            status.counters.rollbacks += 1;
            status.last_published = Some(time_of_day());
            status.generation = Some(*generation);
            if status.data == DataState::Restored {
                // It is a value of this run, and not what the last load found.
                status.set_data(DataState::Stale, time_of_day());
            }
        }
    }

    /// Logs a rollback that is already in the status, and sends its event.
    pub(crate) fn rolled_back(&self, attempt: &Attempt) {
        let outcome = &attempt.outcome;
        let current = self.shared.publisher.current();
        let origin = current.and_then(|current| current.origin());
        let origin = origin.map(Generation::get);
        let name = &*self.shared.observers.target;
        let generation = self.shared.status().generation.map(Generation::get);
        match outcome {
            Outcome::Published { .. } => {
                let changed = attempt.changed().map(ToString::to_string);
                let changed = changed.as_deref();
                warn!(target: TARGET, name, generation, origin, changed, "rolled back");
            }
            Outcome::Unchanged => {
                debug!(target: TARGET, name, generation, "not rolled back, a newer value is visible");
            }
            Outcome::Rejected { .. }
            | Outcome::Failed { .. }
            | Outcome::Missing
            | Outcome::Held => {
                let why = outcome.error().map(ToString::to_string).unwrap_or_default();
                error!(target: TARGET, name, generation, "not rolled back: {why}");
            }
        }
        self.shared.notify(|| EventKind::Load {
            trigger: Trigger::Rollback,
            outcome: outcome.clone(),
            elapsed: attempt.elapsed,
            stages: attempt.stages.clone(),
            changed: attempt.changed().cloned(),
        });
    }

    /// Sets the generation that is on probation, and until when it must be confirmed.
    pub(crate) fn on_probation(
        &self,
        generation: Option<Generation>,
        confirm_by: Option<SystemTime>,
    ) {
        let mut status = self.shared.status();
        (status.on_probation, status.confirm_by) = (generation, confirm_by);
    }

    /// Logs that a value must be confirmed within this time. Otherwise the value before it returns.
    pub(crate) fn unconfirmed(&self, generation: Generation, within: Duration, before: Generation) {
        let name = &*self.shared.observers.target;
        let within = Span(within);
        let generation = generation.get();
        warn!(target: TARGET, name, generation, "generation {generation} must be confirmed within {within}, or generation {before} returns");
    }

    /// Logs that a value failed its probation, before its rollback.
    pub(crate) fn failed(&self, error: &Error) {
        self.shared.flight.failed(error);
        let name = &*self.shared.observers.target;
        error!(target: TARGET, name, "{error}");
    }

    /// Logs that a value passed its probation.
    pub(crate) fn proven<T>(&self, value: &Snapshot<T>) {
        self.shared.flight.proven(value.generation());
        let name = &*self.shared.observers.target;
        let generation = value.generation().get();
        info!(target: TARGET, name, generation, "generation {generation} passed its probation");
    }
}
