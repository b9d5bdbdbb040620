//! What a look does with a good value that is held back.

use super::inbox::Wish;
use super::pipeline::{Pipeline, Sameness, contained};
use crate::event::{Outcome, Stage};
use crate::panics::discard;
use crate::revision::Revision;

impl<V> Pipeline<V> {
    /// Whether this is the value that stays away because an earlier one was brought back; then the outcome of the look.
    pub(super) fn is_withdrawn(
        &self,
        value: &V,
        revision: Option<&Revision>,
        wish: Wish,
    ) -> Result<Option<Outcome>, Outcome> {
        let Some((withdrawn, outcome)) = self.board.gate().withdrawn() else {
            return Ok(None);
        };
        // What was refused is tried again for a person who asks; what a person has taken back is not.
        if wish.in_person && outcome.error().is_some() {
            return Ok(None);
        }
        let same = match (&self.sameness, withdrawn.revision(), revision) {
            (Sameness::Equal(same), _, _) => contained(Stage::Decode, || same(&withdrawn, value))?,
            (_, Some(before), Some(now)) => before == now,
            // It cannot be told, and who has taken it back shall not find it there again.
            _ => true,
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
        memory.behind = true;
        memory.missing = false;
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
