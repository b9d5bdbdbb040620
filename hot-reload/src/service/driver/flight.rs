//! Writes the loads of a [`Task`] into the flight recorder.

use std::sync::Arc;
use std::time::Duration;

use super::engine::Engine;
use super::task::Task;
use crate::event::{Causes, Outcome};
use crate::service::flight::EndedLoad;
use crate::service::machine::{Load, LoadFrom};
use crate::service::pipeline::trace::LoadTrace;
use crate::snapshot::Snapshot;
use crate::status::{Attempt, Hold};

impl<V> Task<'_, V> {
    /// Writes the load into the flight recorder. Returns its record.
    pub(super) fn record_flight(
        &self,
        load: Load,
        outcome: &Outcome,
        hold: Option<Hold>,
        trace: &LoadTrace,
        elapsed: Duration,
    ) -> Arc<Attempt> {
        let Engine {
            shared, pipeline, ..
        } = self.engine;
        let current = shared.publisher.current();
        let mut causes = match load.from {
            // The machine does not know who applies it.
            LoadFrom::Plan => Causes::default(),
            LoadFrom::Source | LoadFrom::Watch | LoadFrom::History => self.machine.causes(),
        };
        // Bound to names, because the locks must be free when the recorder drops what it evicts.
        let waits = shared.gate().is_source_waiting();
        let seen = pipeline.state().seen.clone();
        causes.insert(load.trigger);
        shared.flight.load_ended(EndedLoad {
            trigger: load.trigger,
            causes,
            outcome,
            waits,
            revision: match outcome {
                // The state of the source is unknown.
                Outcome::Failed { .. } => None,
                Outcome::Published { .. }
                | Outcome::Unchanged
                | Outcome::Rejected { .. }
                | Outcome::Missing
                | Outcome::Held => match load.from {
                    LoadFrom::History => current.as_ref().and_then(|now| now.revision().cloned()),
                    LoadFrom::Source | LoadFrom::Watch | LoadFrom::Plan => seen,
                },
            },
            generation: current.as_ref().map(Snapshot::generation),
            origin: match load.from {
                LoadFrom::History => current.as_ref().and_then(Snapshot::origin),
                LoadFrom::Source | LoadFrom::Watch | LoadFrom::Plan => None,
            },
            hold,
            elapsed,
            stages: &trace.stages,
            votes: &trace.votes,
        })
    }
}
