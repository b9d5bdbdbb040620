//! Plans of a [`Task`], and their applications.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;
use tracing::debug;

use super::clock::Clock;
use super::engine::Engine;
use super::task::Task;
use crate::event::{Outcome, Trigger};
use crate::panics::discard;
use crate::plan::Plan;
use crate::receipt::Receipt;
use crate::service::feed::Feed;
use crate::service::machine::Input;
use crate::service::pipeline::plan::Planned;
use crate::service::pipeline::trace::LoadTrace;
use crate::service::shared::request::PlanRequest;
use crate::service::token::{Found, PlanToken};
use crate::snapshot::Snapshot;

/// The load of an applied plan, and the caller who waits for it.
pub(super) struct Applied {
    pub(super) outcome: Outcome,
    pub(super) trace: LoadTrace,
    pub(super) answer: oneshot::Sender<Receipt>,
}

impl<V> Task<'_, V> {
    /// Queues a plan or an application.
    pub(super) fn plan(&mut self, request: PlanRequest) -> Input {
        // The machine counts those too; their turns pass without a load.
        self.plans.retain(|plan| !plan.is_abandoned());
        self.plans.push_back(request);
        Input::Plan
    }
}

impl<V> Engine<V> {
    /// Makes a plan, or applies one. `None` if that had no effect; then the caller has its answer.
    pub(super) async fn serve_plan<F: Feed<V>>(
        &self,
        feed: &F,
        clock: Clock,
        request: PlanRequest,
    ) -> Option<Applied> {
        let name = &*self.shared.observers.target;
        match request {
            PlanRequest::Plan(answer) => {
                let plan = self.plan(feed, clock).await;
                debug!(target: "hot_reload", name, "planned: {plan}");
                // An error means that the caller has left.
                let _ = answer.send(plan);
                None
            }
            PlanRequest::Apply {
                token,
                trigger,
                answer,
            } => {
                let begun = clock.now();
                let (outcome, trace) = self.pipeline.apply(feed, token, trigger).await;
                if !trace.aside {
                    return Some(Applied {
                        outcome,
                        trace,
                        answer,
                    });
                }
                let receipt = Receipt {
                    elapsed: clock.now() - begun,
                    stages: trace.stages,
                    votes: trace.votes,
                    ..Receipt::untaken(trigger, outcome)
                };
                debug!(target: "hot_reload", name, "the plan was not applied: {receipt}");
                let _ = answer.send(receipt);
                None
            }
        }
    }

    async fn plan<F: Feed<V>>(&self, feed: &F, clock: Clock) -> Plan {
        let begun = clock.now();
        let planned = self.pipeline.plan(feed).await;
        let Planned {
            outcome,
            hold,
            found,
            value,
            trace,
        } = planned;
        let visible = self.shared.publisher.current();
        let generation = visible.as_ref().map(Snapshot::generation);
        let changed = match (&visible, &value, &self.changes) {
            (Some(visible), Some(value), Some(changes)) => {
                let compare = AssertUnwindSafe(|| changes.between(visible.value(), value).0);
                catch_unwind(compare).ok().flatten()
            }
            _ => None,
        };
        discard(value);
        let target = &self.shared.observers.target;
        let token = found.as_ref();
        let token = token.map(|found| PlanToken::of(target, generation, found).to_string());
        Plan {
            outcome,
            hold,
            generation,
            revision: match found {
                Some(Found::Revision(revision)) => Some(revision),
                Some(Found::Nothing) | None => None,
            },
            changed,
            elapsed: clock.now() - begun,
            stages: trace.stages,
            token,
        }
    }
}

impl PlanRequest {
    /// The trigger of its load.
    pub(super) fn trigger(&self) -> Trigger {
        match self {
            Self::Plan(_) => Trigger::Manual,
            Self::Apply { trigger, .. } => *trigger,
        }
    }
}
