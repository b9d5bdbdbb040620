//! Writes outages to events and log: that no load has been good for some time, and how long that lasted.

use std::time::Duration;

use tracing::{info, warn};

use super::log::stays;
use super::outage::Outage;
use super::{Recorder, TARGET};
use crate::event::{DataState, EventKind, Outcome};

impl<V> Recorder<V> {
    /// Counts a load. Returns the outage that it ends, if that was reported. `waits`: the source was not ready, which is
    /// neither good nor bad.
    pub(super) fn note_outage(
        &mut self,
        now: Duration,
        outcome: &Outcome,
        waits: bool,
    ) -> Option<Outage> {
        let is_good = match outcome {
            Outcome::Held if waits => return None,
            Outcome::Published { .. } | Outcome::Unchanged | Outcome::Held => true,
            Outcome::Rejected { .. } | Outcome::Failed { .. } => false,
            // The default of a removal policy is as intended.
            Outcome::Missing => self.shared.status().data == DataState::Restored,
        };
        if is_good {
            let storms = self.storms.as_mut()?;
            return storms.outage.take().filter(Outage::is_reported);
        }
        let outage = &mut self.storms().outage;
        outage.get_or_insert_with(|| Outage::new(now)).add();
        None
    }

    /// Logs the end of an outage.
    pub(super) fn outage_ended(&self, now: Duration, outage: &Outage) {
        let (name, source) = self.shared.names();
        let (loads, lasted) = (outage.loads(), outage.lasted(now));
        info!(target: TARGET, name, source, loads, "source recovered after {lasted}");
    }

    /// Reports the outage if that is due. Not of a disabled service, which nobody expects to load.
    pub(super) fn attend_outage(&mut self, now: Duration) {
        let outage = self.storms.as_mut();
        let Some(outage) = outage.and_then(|storms| storms.outage.as_mut()) else {
            return;
        };
        if !outage.is_due(now) {
            return;
        }
        let (age, loads, lasted) = (outage.age(now), outage.loads(), outage.lasted(now));
        let status = self.shared.status();
        let (enabled, generation) = (status.enabled, status.generation);
        let error = status.last_error.clone();
        drop(status);
        if !enabled {
            return;
        }
        let (name, source) = self.shared.names();
        let stays = stays(generation.is_some());
        let generation = generation.map(|generation| generation.get());
        match &error {
            Some(error) => {
                warn!(target: TARGET, name, source, generation, loads, "{lasted}, {stays}; the last error: {error}");
            }
            None => {
                warn!(target: TARGET, name, source, generation, loads, "{lasted}, {stays}; the source has no content");
            }
        }
        self.shared
            .notify(|| EventKind::Outage { age, loads, error });
    }
}
