//! The probation of the visible value of a [`Task`].

use super::task::Task;
use crate::service::machine::Input;
use crate::service::policy::probation::Proof;
use crate::snapshot::Generation;

impl<V> Task<'_, V> {
    /// The number of the visible value, if it is on probation.
    pub(super) fn on_probation(&self) -> Option<Generation> {
        self.probation
            .as_ref()
            .and_then(|probation| probation.on_probation())
    }

    /// The visible value has passed its probation, or has failed it and is rolled back.
    pub(super) fn probation_ended(&mut self, proof: Proof<V>) -> Input {
        self.recorder.on_probation(self.on_probation());
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
