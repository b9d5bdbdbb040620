//! A load that finds a good value which must wait: a rollback holds it, or an admission guard objects.

use std::time::Duration;

use super::Pipeline;
use super::candidate::Sameness;
use crate::event::{HoldReason, Outcome, Stage, Trigger};
use crate::panics::discard;
use crate::revision::Revision;
use crate::service::admission::Admission;
use crate::service::boundary::contained;
use crate::service::shared::gate::RollbackHold;

impl<V> Pipeline<V> {
    /// Whether this is the value that stays away because an earlier one was brought back; then the outcome of the load.
    pub(crate) fn is_rolled_back(
        &self,
        value: &V,
        revision: Option<&Revision>,
        trigger: Trigger,
    ) -> Result<Option<Outcome>, Outcome> {
        let Some(rolled_back) = self.shared.gate().rolled_back() else {
            return Ok(None);
        };
        let RollbackHold {
            value: rolled_back,
            seen,
            of_source,
            outcome,
        } = rolled_back;
        // What was refused is tried again for a person who asks; what a person has taken back is not.
        if trigger.is_personal() && outcome.error().is_some() {
            return Ok(None);
        }
        let same = match (&self.sameness, rolled_back.revision(), revision) {
            (_, _, Some(now)) if seen.as_ref() == Some(now) => true,
            (Sameness::Equal(same), _, _) => {
                contained(Stage::Decode, || same(&rolled_back, value))?
            }
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
        let mut state = self.state();
        state.seen = revision;
        state.rejected = None;
        state.held = Some(outcome.clone());
        state.missing = false;
        state.emptied = false;
        match outcome.error() {
            None => Ok(outcome),
            Some(_) => Err(outcome),
        }
    }

    /// What is visible is what the source holds: nothing else is held back any more.
    pub(crate) fn clear_hold(&self) {
        let released = self.shared.gate().clear_hold();
        discard(released);
    }
}

impl<V> Pipeline<V> {
    /// Whether a value is implausible and has to wait; then the outcome of the load.
    pub(crate) fn must_wait(
        &self,
        value: &V,
        revision: Option<&Revision>,
    ) -> Result<Option<Outcome>, Outcome> {
        let Some(visible) = self.shared.publisher.current() else {
            return Ok(None);
        };
        // All they ask for is that it stays as it is; so the most patient one, the first of them, speaks for all.
        let mut gravest: Option<(Duration, HoldReason, String)> = None;
        for guard in &self.admission {
            let doubt = contained(Stage::Validate, || guard.objection(&visible, value))?;
            let patience = guard.confirm_after();
            let graver = gravest.as_ref().is_none_or(|(most, ..)| patience > *most);
            if let Some(doubt) = doubt.filter(|_| graver) {
                gravest = Some((patience, guard.reason(), doubt));
            }
        }
        let mut gate = self.shared.gate();
        let Some((patience, reason, doubt)) = gravest else {
            gate.clear_admission_hold();
            return Ok(None);
        };
        let waits = gate.hold_for_admission(reason, doubt, revision, patience);
        Ok(waits.then_some(Outcome::Held))
    }

    /// A value of the source is visible: what comes next is compared with it.
    pub(crate) fn accept(&self) {
        self.notify_guards(|guard, visible| guard.accepted(visible));
    }

    /// A value is visible, wherever it comes from.
    pub(crate) fn show(&self) {
        self.notify_guards(|guard, visible| guard.published(visible));
    }

    /// Notifies all guards of the visible value. A panic of a guard changes nothing.
    fn notify_guards(&self, tell: impl Fn(&dyn Admission<V>, &V)) {
        let Some(visible) = self.shared.publisher.current() else {
            return;
        };
        for guard in &self.admission {
            let _ = contained(Stage::Validate, || tell(&**guard, &visible));
        }
    }
}
