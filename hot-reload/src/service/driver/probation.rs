//! The probation of the visible value of a [`Task`].

use tokio::sync::oneshot;

use super::task::Task;
use crate::error::Error;
use crate::event::Outcome;
use crate::service::machine::Input;
use crate::service::policy::probation::run::{Proof, not_on_probation};
use crate::snapshot::Generation;

impl<V> Task<'_, V> {
    /// Ends the probation of this generation, because somebody has confirmed it.
    pub(super) fn confirm(
        &mut self,
        generation: Generation,
        answer: oneshot::Sender<Result<(), Error>>,
    ) -> Input {
        let confirmed = match &mut self.probation {
            Some(probation) => probation.confirm(generation),
            None => Err(not_on_probation(generation, None)),
        };
        let (input, confirmed) = match confirmed {
            Ok(proof) => (self.probation_ended(proof), Ok(())),
            Err(error) => (Input::Tick, Err(error)),
        };
        // An error means that the caller has left.
        let _ = answer.send(confirmed);
        input
    }

    /// Writes into the status which generation is on probation, and until when it must be confirmed.
    pub(super) fn note_probation(&self) {
        let probation = self.probation.as_ref();
        let on_probation = probation.and_then(|probation| probation.on_probation());
        let confirm_by = probation.and_then(|probation| probation.confirm_by());
        self.recorder.on_probation(on_probation, confirm_by);
    }

    /// Logs that the value of this outcome must be confirmed, if it must.
    pub(super) fn announce_probation(&self, outcome: &Outcome) {
        let probation = self.probation.as_ref();
        if outcome.is_published()
            && let Some((generation, within, before)) =
                probation.and_then(|probation| probation.unconfirmed())
        {
            self.recorder.unconfirmed(generation, within, before);
        }
    }

    /// The visible value has passed its probation, or has failed it and is rolled back.
    pub(super) fn probation_ended(&mut self, proof: Proof<V>) -> Input {
        self.note_probation();
        self.sweep();
        match proof {
            Proof::Failed { to, error } => {
                self.recorder.failed(&error);
                self.roll_back(to, None)
            }
            Proof::Proven(value, loaded) => {
                self.recorder.proven(&value);
                if loaded && let Some(saver) = &mut self.saver {
                    saver.published(value);
                }
                Input::Tick
            }
        }
    }
}
