//! What a look does with a good value that is held back.

use super::gate::Absentee;
use super::pipeline::{Pipeline, Sameness, contained};
use crate::event::{Outcome, Stage, Trigger};
use crate::panics::discard;
use crate::revision::Revision;

impl<V> Pipeline<V> {
    /// Whether this is the value that stays away because an earlier one was brought back; then the outcome of the look.
    pub(super) fn is_withdrawn(
        &self,
        value: &V,
        revision: Option<&Revision>,
        trigger: Trigger,
    ) -> Result<Option<Outcome>, Outcome> {
        let Some(absentee) = self.board.gate().withdrawn() else {
            return Ok(None);
        };
        let Absentee {
            value: withdrawn,
            seen,
            of_source,
            outcome,
        } = absentee;
        // What was refused is tried again for a person who asks; what a person has taken back is not.
        if trigger.is_personal() && outcome.error().is_some() {
            return Ok(None);
        }
        let same = match (&self.sameness, withdrawn.revision(), revision) {
            (_, _, Some(now)) if seen.as_ref() == Some(now) => true,
            (Sameness::Equal(same), _, _) => contained(Stage::Decode, || same(&withdrawn, value))?,
            (_, Some(before), Some(now)) => before == now,
            // It cannot be told, and who has taken it back shall not find it there again. Where the source held nothing,
            // anything is something else.
            _ => of_source,
        };
        Ok(same.then_some(outcome))
    }

    /// The value is good, and is not to become visible for now.
    pub(super) fn hold_back(
        &self,
        revision: Option<Revision>,
        outcome: Outcome,
    ) -> Result<Outcome, Outcome> {
        let mut memory = self.memory();
        memory.seen = revision;
        memory.rejected = None;
        memory.held = Some(outcome.clone());
        memory.missing = false;
        memory.emptied = false;
        match outcome.error() {
            None => Ok(outcome),
            Some(_) => Err(outcome),
        }
    }

    /// What is visible is what the source holds: nothing else is held back any more.
    pub(super) fn believe(&self) {
        let released = self.board.gate().believe();
        discard(released);
    }
}
