//! A rollback: an earlier value replaces the visible one, as a new generation.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::Pipeline;
use super::candidate::Candidate;
use super::trace::LoadTrace;
use crate::error::{Error, ErrorKind};
use crate::event::{Outcome, Stage, Trigger};
use crate::panics::{discard, panicked};
use crate::service::boundary::contained;
use crate::service::policy::removal::Removal;
use crate::service::shared::request::{Earlier, Request, RollbackTo};
use crate::snapshot::{Generation, Snapshot};

impl<V> Pipeline<V> {
    /// Publishes an earlier value again. Validators do not run, because they accepted it before. The participants must prepare
    /// for it.
    pub(crate) async fn roll_back(&self, to: RollbackTo<V>) -> (Outcome, LoadTrace) {
        let mut trace = LoadTrace::default();
        let attempt = AssertUnwindSafe(self.try_roll_back(&to, &mut trace)).catch_unwind();
        let outcome = match attempt.await {
            Ok(Ok(outcome) | Err(outcome)) => outcome,
            Err(panic) => Outcome::Rejected {
                stage: Stage::Commit,
                error: panicked(Stage::Commit, panic.as_ref()),
            },
        };
        discard(to);
        (outcome, trace)
    }

    async fn try_roll_back(
        &self,
        to: &RollbackTo<V>,
        trace: &mut LoadTrace,
    ) -> Result<Outcome, Outcome> {
        let Some(current) = self.shared.publisher.current() else {
            return Err(not_found("nothing was published yet"));
        };
        let failure = match to {
            RollbackTo::Request(_) => None,
            RollbackTo::Proven { failed, .. } if *failed != current.generation() => {
                // Something newer is visible by now.
                return Ok(Outcome::Unchanged);
            }
            RollbackTo::Proven { failure, .. } => Some(failure.clone()),
        };
        let target = self.target(to, &current)?;
        let Some(copy) = self.copy else {
            return Err(not_found("the service keeps no history"));
        };
        let value = contained(Stage::Commit, || copy(&target))?;
        let swap = self.prepare(&value, trace).await;
        let swap = swap.map_err(|error| Outcome::Rejected {
            stage: Stage::Prepare,
            error,
        })?;
        let candidate = Candidate {
            value,
            revision: target.revision().cloned(),
            loaded_at: target.loaded_at(),
            trigger: Trigger::Rollback,
            origin: Some(first(&target)),
        };
        let published = self.publish(candidate);
        if published.is_ok() {
            self.hold_rolled_back(to, &current, &target, failure);
        }
        self.end_swap(swap, published, trace).await
    }

    fn target(&self, to: &RollbackTo<V>, current: &Snapshot<V>) -> Result<Snapshot<V>, Outcome> {
        let history = self.shared.history();
        let target = match to {
            RollbackTo::Request(asked) => match asked.earlier {
                Earlier::Previous => history.before(current),
                Earlier::Generation(generation) => history.find(generation),
            },
            RollbackTo::Proven { proven, .. } => Some(proven.snapshot().clone()),
        };
        target.ok_or_else(|| {
            let kept = history.list();
            let kept: Vec<_> = kept
                .iter()
                .map(|value| value.generation().to_string())
                .collect();
            let kept = match &*kept.join(", ") {
                "" => "no values".to_owned(),
                numbers => format!("generation {numbers}"),
            };
            not_found(&match to {
                RollbackTo::Request(Request {
                    earlier: Earlier::Generation(generation),
                    ..
                }) => {
                    let is_visible = *generation == current.generation();
                    match is_visible {
                        true => format!("generation {generation} is visible already"),
                        false => format!("generation {generation} is not in the history; it has {kept}"),
                    }
                }
                RollbackTo::Request(Request {
                    earlier: Earlier::Previous,
                    ..
                })
                | RollbackTo::Proven { .. } => match current.origin() {
                    Some(origin) => format!(
                        "no value from before generation {origin}, the visible one, is in the history; it has {kept}"
                    ),
                    None => format!(
                        "no value from before generation {} is in the history; it has {kept}",
                        current.generation()
                    ),
                },
            })
        })
    }

    /// Holds the content of the source from now on.
    fn hold_rolled_back(
        &self,
        to: &RollbackTo<V>,
        current: &Snapshot<V>,
        target: &Snapshot<V>,
        failure: Option<Outcome>,
    ) {
        let rolled_back = self.shared.gate().rolled_back();
        let held =
            rolled_back.map_or_else(|| first(current), |rolled_back| first(&rolled_back.value));
        let released = {
            let mut gate = self.shared.gate();
            let mut state = self.state();
            let seen = state.seen.clone();
            if state.rejected.is_none() {
                // A comparison of the values decides whether that content is visible or held.
                state.seen = None;
            }
            if matches!(to, RollbackTo::Request(asked) if asked.resumed != gate.resumed()) {
                // `resume` was called after the rollback was requested, and the load that answers it may have ended before.
                state.held = Some(Outcome::Held);
                self.shared.inbox.request_resync();
                None
            } else if first(target) == held {
                // The rollback publishes the content of the source, unless that was rejected meanwhile.
                state.held = None;
                gate.clear_hold()
            } else {
                let is_default = state.missing && matches!(self.removal, Removal::Replace(_));
                // The present content of the source is not the value that failed.
                let seen = seen.filter(|_| failure.is_none());
                state.held = Some(failure.clone().unwrap_or(Outcome::Held));
                gate.hold_rolled_back(current, seen, !is_default, failure);
                None
            }
        };
        discard(released);
    }
}

/// The generation of the first publication of a value.
fn first<V>(value: &Snapshot<V>) -> Generation {
    value.origin().unwrap_or_else(|| value.generation())
}

fn not_found(message: &str) -> Outcome {
    Outcome::Failed {
        error: Error::new(ErrorKind::NotFound, message),
    }
}
