//! What a look does with a good value that is held back.

use std::time::Duration;

use super::Pipeline;
use super::candidate::Sameness;
use crate::event::{HoldReason, Outcome, Stage, Trigger};
use crate::panics::discard;
use crate::revision::Revision;
use crate::service::admission::Doubts;
use crate::service::boundary::contained;
use crate::service::shared::gate::Absentee;

impl<V> Pipeline<V> {
    /// Whether this is the value that stays away because an earlier one was brought back; then the outcome of the look.
    pub(crate) fn is_withdrawn(
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
    pub(crate) fn hold_back(
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
    pub(crate) fn believe(&self) {
        let released = self.board.gate().believe();
        discard(released);
    }
}

impl<V> Pipeline<V> {
    /// Whether a value is implausible and has to wait; then the outcome of the look.
    pub(crate) fn is_doubted(
        &self,
        value: &V,
        revision: Option<&Revision>,
    ) -> Result<Option<Outcome>, Outcome> {
        let Some(visible) = self.board.publisher.current() else {
            return Ok(None);
        };
        // All they ask for is that it stays as it is; so the most patient one, the first of them, speaks for all.
        let mut gravest: Option<(Duration, HoldReason, String)> = None;
        for guard in &self.doubts {
            let doubt = contained(Stage::Validate, || guard.doubt(&visible, value))?;
            let patience = guard.patience();
            let graver = gravest.as_ref().is_none_or(|(most, ..)| patience > *most);
            if let Some(doubt) = doubt.filter(|_| graver) {
                gravest = Some((patience, guard.reason(), doubt));
            }
        }
        let mut gate = self.board.gate();
        let Some((patience, reason, doubt)) = gravest else {
            gate.undoubt();
            return Ok(None);
        };
        let waits = gate.doubt(reason, doubt, revision, patience);
        Ok(waits.then_some(Outcome::Held))
    }

    /// A value of the source is visible: what comes next is compared with it.
    pub(crate) fn accept(&self) {
        self.tell_guards(|guard, visible| guard.accepted(visible));
    }

    /// A value is visible, wherever it comes from.
    pub(crate) fn show(&self) {
        self.tell_guards(|guard, visible| guard.shown(visible));
    }

    /// Tells all guards of the visible value. It is visible whatever the user's code says to it.
    fn tell_guards(&self, tell: impl Fn(&dyn Doubts<V>, &V)) {
        let Some(visible) = self.board.publisher.current() else {
            return;
        };
        for guard in &self.doubts {
            let _ = contained(Stage::Validate, || tell(&**guard, &visible));
        }
    }
}
