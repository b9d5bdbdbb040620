//! A load that finds a good value which must wait: a rollback holds it, or an admission guard objects.

use std::time::Duration;

use tracing::error;

use super::Pipeline;
use super::candidate::Sameness;
use crate::event::{HoldReason, Outcome, Stage, Trigger};
use crate::panics::discard;
use crate::revision::Revision;
use crate::service::admission::Admission;
use crate::service::boundary::contained;
use crate::service::shared::gate::RollbackHold;

impl<V> Pipeline<V> {
    /// Whether a rollback holds this value; then the outcome of the load.
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
        // A person may retry a value that failed its probation, but not one that a person rolled back.
        if trigger.is_requested() && outcome.error().is_some() {
            return Ok(None);
        }
        let same = match (&self.sameness, rolled_back.revision(), revision) {
            (_, _, Some(now)) if seen.as_ref() == Some(now) => true,
            (Sameness::Equal(same), _, _) => {
                contained(Stage::Decode, || same(&rolled_back, value))?
            }
            (_, Some(before), Some(now)) => before == now,
            // Nothing shows whether it is the same value, so it stays held. If the source had no content, any content is a
            // change.
            _ => of_source,
        };
        Ok(same.then_some(outcome))
    }

    /// Notes a good value that is held.
    pub(crate) fn note_held(
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

    /// Ends the holds of rollbacks and guards, because the source has the visible value.
    pub(crate) fn clear_hold(&self) {
        let released = self.shared.gate().clear_hold();
        discard(released);
    }
}

impl<V> Pipeline<V> {
    /// Whether a value of the source is implausible and has to wait; then the outcome of the load.
    pub(crate) fn must_wait(
        &self,
        value: &V,
        revision: Option<&Revision>,
    ) -> Result<Option<Outcome>, Outcome> {
        self.is_held_by(value, revision, |_| true)
    }

    /// Whether the default of a removal is only to be validated; then the outcome of the load. The other guards judge content of
    /// the source.
    pub(crate) fn is_only_validated(&self, default: &V) -> Result<Option<Outcome>, Outcome> {
        self.is_held_by(default, None, |reason| reason == HoldReason::ValidateOnly)
    }

    /// Whether a guard of one of these reasons holds the value.
    fn is_held_by(
        &self,
        value: &V,
        revision: Option<&Revision>,
        asks: impl Fn(HoldReason) -> bool,
    ) -> Result<Option<Outcome>, Outcome> {
        if self.shared.publisher.current().is_none() {
            return Ok(None);
        }
        let objection = self.objection(value, asks)?;
        let mut gate = self.shared.gate();
        let Some((patience, reason, objection)) = objection else {
            gate.clear_admission_hold();
            return Ok(None);
        };
        let waits = gate.hold_for_admission(reason, objection, revision, patience);
        Ok(waits.then_some(Outcome::Held))
    }

    /// The objection of a guard of one of these reasons to the value, and how long the value has to wait.
    pub(super) fn objection(
        &self,
        value: &V,
        asks: impl Fn(HoldReason) -> bool,
    ) -> Result<Option<(Duration, HoldReason, String)>, Outcome> {
        let Some(visible) = self.shared.publisher.current() else {
            return Ok(None);
        };
        // Each guard only wants the value to stay, so the one with the longest time decides; of equal ones, the first.
        let mut gravest: Option<(Duration, HoldReason, String)> = None;
        for guard in self.admission.iter().filter(|guard| asks(guard.reason())) {
            let objection = contained(Stage::Validate, || guard.objection(&visible, value))?;
            let patience = guard.confirm_after();
            let graver = gravest.as_ref().is_none_or(|(most, ..)| patience > *most);
            if let Some(objection) = objection.filter(|_| graver) {
                gravest = Some((patience, guard.reason(), objection));
            }
        }
        Ok(gravest)
    }

    /// Notifies the guards that a value of the source was accepted and is visible.
    pub(crate) fn accept(&self) {
        self.notify_guards(|guard, visible| guard.accepted(visible));
    }

    /// Notifies the guards that a value is visible, whether or not it came from the source.
    pub(crate) fn show(&self) {
        self.notify_guards(|guard, visible| guard.published(visible));
    }

    /// Notifies all guards of the visible value. A panic of a guard is only logged.
    fn notify_guards(&self, notify: impl Fn(&dyn Admission<V>, &V)) {
        let Some(visible) = self.shared.publisher.current() else {
            return;
        };
        for guard in &self.admission {
            let noted = contained(Stage::Validate, || notify(&**guard, &visible));
            if let Some(error) = noted.as_ref().err().and_then(Outcome::error) {
                let (name, text) = (&*self.shared.observers.target, error.message());
                let reason = guard.reason().as_str();
                error!(target: "hot_reload", name, reason, "an admission guard failed, the value is visible: {text}");
            }
        }
    }
}
