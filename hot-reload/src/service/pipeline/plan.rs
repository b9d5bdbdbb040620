//! A plan: what a load would do, without an effect. And its application, which publishes the planned content or nothing.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::Pipeline;
use super::load::current;
use super::trace::LoadTrace;
use super::validate::validate;
use crate::error::Error;
use crate::event::{HoldReason, Outcome, Stage, Trigger};
use crate::panics::{discard, panicked};
use crate::reload::{Loaded, emptied, unasked};
use crate::revision::Revision;
use crate::service::boundary::{contained, within};
use crate::service::feed::{Fault, Feed, LoadRequest};
use crate::service::machine::{Load, LoadFrom};
use crate::service::policy::removal::Removal;
use crate::service::token::{Found, PlanToken, changed};
use crate::snapshot::Snapshot;
use crate::status::Hold;

/// The result of a plan.
pub(crate) struct Planned<V> {
    pub(crate) outcome: Outcome,
    pub(crate) hold: Option<Hold>,
    /// The content. `None` if it is unknown or has no revision.
    pub(crate) found: Option<Found>,
    /// The value that would become visible.
    pub(crate) value: Option<V>,
    pub(crate) trace: LoadTrace,
}

impl<V> Planned<V> {
    fn held(&mut self, hold: Option<Hold>) -> Outcome {
        self.hold = hold;
        Outcome::Held
    }
}

/// The content that a load has found. `None` if it is unknown or has no revision. `seen` is the revision that the source
/// compared with.
pub(super) fn found<V>(
    answer: &Result<Loaded<V>, Fault>,
    seen: Option<&Revision>,
) -> Option<Found> {
    let revision = match answer {
        Ok(Loaded::Value { revision, .. } | Loaded::Emptied { revision, .. }) => revision.as_ref(),
        Ok(Loaded::Unchanged) => seen,
        Ok(Loaded::Missing) => return Some(Found::Nothing),
        Err(Fault::Source(error)) if error.is_rejection() => error.revision(),
        Ok(Loaded::Held { .. }) | Err(Fault::Source(_) | Fault::Inside(_)) => None,
    };
    revision.cloned().map(Found::Revision)
}

/// A plan answers for a load that a person requests, because that is how it is applied.
fn request(planned: Option<PlanToken>, trigger: Trigger) -> LoadRequest {
    LoadRequest {
        trigger,
        resume: false,
        republish: false,
        planned,
    }
}

impl<V> Pipeline<V> {
    /// Fetches, decodes, validates and compares the content of the source. Nothing of it has an effect.
    pub(crate) async fn plan<F: Feed<V>>(&self, feed: &F) -> Planned<V> {
        let mut planned = Planned {
            outcome: Outcome::Unchanged,
            hold: None,
            found: None,
            value: None,
            trace: LoadTrace::default(),
        };
        // As in a load, this is for drops between the steps.
        let attempt = AssertUnwindSafe(self.try_plan(feed, &mut planned)).catch_unwind();
        planned.outcome = match attempt.await {
            Ok(Ok(outcome) | Err(outcome)) => outcome,
            Err(panic) => Outcome::Rejected {
                stage: Stage::Commit,
                error: panicked(Stage::Commit, panic.as_ref()),
            },
        };
        planned
    }

    /// Loads and publishes the content that this token stands for. If the source has other content, the trace says that the
    /// load had no effect.
    pub(crate) async fn apply<F: Feed<V>>(
        &self,
        feed: &F,
        token: PlanToken,
        trigger: Trigger,
    ) -> (Outcome, LoadTrace) {
        let visible = self.shared.publisher.current();
        if let Err(error) = token.check_visible(visible.as_ref().map(Snapshot::generation)) {
            let trace = LoadTrace {
                aside: true,
                ..LoadTrace::default()
            };
            return (Outcome::Failed { error }, trace);
        }
        let load = Load {
            trigger,
            // The plan has found the same, so this is the second load that finds nothing.
            confirm: true,
            from: LoadFrom::Plan,
        };
        let (outcome, trace) = self
            .load(feed, load, request(Some(token), trigger), None)
            .await;
        (outcome.unwrap_or(Outcome::Missing), trace)
    }

    async fn try_plan<F: Feed<V>>(
        &self,
        feed: &F,
        planned: &mut Planned<V>,
    ) -> Result<Outcome, Outcome> {
        let seen = self.seen(request(None, Trigger::Manual));
        let load = || feed.plan(seen.as_ref());
        let late = "the source did not answer";
        let load = within(Stage::Load, self.deadline.get(), late, load);
        let answer = planned.trace.time(Stage::Load, load).await;
        let answer = answer.map_err(Fault::Source).and_then(|answer| answer);
        planned.found = found(&answer, seen.as_ref());
        let (value, revision) = match answer.map_err(refusal)? {
            Loaded::Value { value, revision } => (value, revision),
            Loaded::Unchanged if seen.is_none() => {
                return Err(Outcome::Failed { error: unasked() });
            }
            Loaded::Unchanged => {
                let outcome = self.unchanged(feed)?;
                return Ok(self.with_hold(feed, planned, outcome));
            }
            Loaded::Emptied {
                value,
                revision,
                file,
            } if self.is_emptied(value.is_none() || file.is_some(), revision.as_ref()) => {
                discard(value);
                if file.is_none() && matches!(self.removal, Removal::Replace(_)) {
                    return self.planned_removal(planned);
                }
                return Err(self.planned_emptied(file, true));
            }
            Loaded::Emptied {
                value: Some(value),
                revision,
                ..
            } => (value, revision),
            Loaded::Emptied {
                value: None, file, ..
            } => return Err(self.planned_emptied(file, false)),
            Loaded::Missing => return self.planned_removal(planned),
            Loaded::Held { hold, .. } => {
                let is_paused = self.shared.gate().is_paused();
                let paused = is_paused.then(|| self.shared.hold()).flatten();
                return Ok(planned.held(paused.or(Some(hold))));
            }
        };
        if self.is_visible(&value, revision.as_ref())? {
            discard(value);
            return Ok(self.with_hold(feed, planned, current(feed)));
        }
        if let Some(outcome) = self.is_rolled_back(&value, revision.as_ref(), Trigger::Manual)? {
            discard(value);
            planned.hold = self.shared.hold();
            return Ok(outcome);
        }
        let validated = validate(self.validators.as_deref(), &value);
        if let Err(error) = planned.trace.time(Stage::Validate, validated).await {
            discard(value);
            return Err(Outcome::Rejected {
                stage: Stage::Validate,
                error,
            });
        }
        if self.shared.gate().is_paused() {
            discard(value);
            return Ok(planned.held(self.shared.hold()));
        }
        if let Some(hold) = self.planned_hold(&value, revision.as_ref(), |_| true)? {
            discard(value);
            return Ok(planned.held(Some(hold)));
        }
        planned.value = Some(value);
        Ok(Outcome::Published {
            generation: self.shared.publisher.next_generation(),
        })
    }

    /// Adds the present hold to an outcome that is held.
    fn with_hold<F: Feed<V>>(
        &self,
        feed: &F,
        planned: &mut Planned<V>,
        outcome: Outcome,
    ) -> Outcome {
        if outcome.is_held() {
            planned.hold = self.shared.hold().or_else(|| feed.hold());
        }
        outcome
    }

    /// Whether blank content counts as a removal, rather than as content.
    fn is_emptied(&self, is_known: bool, revision: Option<&Revision>) -> bool {
        if self.empty_is_content {
            return false;
        }
        let visible = self.shared.publisher.current();
        let Some(visible) = visible else {
            return self.state().had_content;
        };
        let is_same = revision.is_some() && visible.revision() == revision;
        is_known || self.state().had_content && !is_same
    }

    fn planned_emptied(&self, file: Option<String>, stays: bool) -> Outcome {
        let file = file.or_else(|| self.shared.status().source.clone());
        Outcome::Rejected {
            stage: Stage::Load,
            error: emptied(file, stays),
        }
    }

    /// The outcome if the source has no content.
    fn planned_removal(&self, planned: &mut Planned<V>) -> Result<Outcome, Outcome> {
        let holds = self.shared.gate().holds();
        {
            let state = self.state();
            if state.missing && (state.held.is_none() || holds) {
                return Ok(Outcome::Missing);
            }
        }
        let Some(value) = contained(Stage::Commit, || self.removal.value())? else {
            return Ok(Outcome::Missing);
        };
        if self.is_visible(&value, None)? {
            discard(value);
            return Ok(Outcome::Missing);
        }
        let is_paused = self.shared.gate().is_paused();
        let hold = match is_paused {
            true => self.shared.hold(),
            false => {
                self.planned_hold(&value, None, |reason| reason == HoldReason::ValidateOnly)?
            }
        };
        match hold {
            Some(hold) => {
                discard(value);
                Ok(planned.held(Some(hold)))
            }
            None => {
                planned.value = Some(value);
                Ok(Outcome::Missing)
            }
        }
    }

    /// The hold of a guard of one of these reasons, if the value would have to wait.
    fn planned_hold(
        &self,
        value: &V,
        revision: Option<&Revision>,
        asks: impl Fn(HoldReason) -> bool,
    ) -> Result<Option<Hold>, Outcome> {
        let Some((patience, reason, objection)) = self.objection(value, asks)? else {
            return Ok(None);
        };
        let gate = self.shared.gate();
        Ok(gate.admission_hold(reason, objection, revision, patience))
    }

    /// A load that was to apply a plan has found newer content while it prepared. An ordinary load follows.
    pub(super) fn overtaken_plan(&self, trace: &mut LoadTrace) -> Outcome {
        trace.aside = true;
        self.shared.inbox.request_resync();
        Outcome::Failed { error: changed() }
    }
}

/// The outcome for an error of the source or of its decoder.
fn refusal(fault: Fault) -> Outcome {
    match fault {
        Fault::Inside(outcome) => outcome,
        Fault::Source(error) if error.is_rejection() => rejected(error),
        Fault::Source(error) => Outcome::Failed { error },
    }
}

fn rejected(error: Error) -> Outcome {
    Outcome::Rejected {
        stage: Stage::Decode,
        error,
    }
}
