//! [`Inbox`]: the requests to the task of a service, and the callers that wait for answers.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard};

use tokio::sync::{Notify, oneshot};

use super::request::{Command, PendingRequest, PlanRequest, Request};
use crate::error::{Error, ErrorKind};
use crate::event::{Outcome, Trigger};
use crate::locks::lock;
use crate::plan::Plan;
use crate::receipt::Receipt;
use crate::service::token::PlanToken;
use crate::snapshot::Generation;

/// Requests for loads and rollbacks, and the request to stop. Its size is bounded by the number of waiting callers.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Triggers that the machine has not received.
    triggers: Vec<Trigger>,
    /// Callers whose load has not begun.
    waiting: Vec<oneshot::Sender<Receipt>>,
    /// The number of waiting callers at which those that have left are removed.
    prune_at: usize,
    /// The merged requests of all waiting callers.
    merged: PendingRequest,
    /// The requested rollbacks, plans, confirmations and signs of life.
    asides: VecDeque<Command>,
    /// Whether the service is to be enabled or disabled.
    enable: Option<bool>,
    /// Whether a group has given a value back.
    loan_returned: bool,
    /// Whether an event waits for its delivery.
    undelivered: bool,
    stop: bool,
    ended: bool,
}

impl State {
    /// Removes the requests that have no effect, because their callers have left.
    fn prune_asides(&mut self) {
        self.asides.retain(|aside| !aside.is_abandoned());
    }
}

impl Inbox {
    /// Requests a load that begins after this call, and waits for its receipt.
    pub(crate) async fn request(&self, trigger: Trigger) -> Receipt {
        self.request_load(PendingRequest {
            why: Some(trigger),
            ..PendingRequest::default()
        })
        .await
    }

    /// As [`request`](Self::request), for a load that ends all holds.
    pub(crate) async fn resume(&self) -> Receipt {
        self.request_load(PendingRequest {
            why: Some(Trigger::Manual),
            resume: true,
            republish: false,
        })
        .await
    }

    /// As [`request`](Self::request), for a load that publishes its value even if it is the visible one.
    pub(crate) async fn republish(&self) -> Receipt {
        self.request_load(PendingRequest {
            why: Some(Trigger::Manual),
            resume: false,
            republish: true,
        })
        .await
    }

    async fn request_load(&self, request: PendingRequest) -> Receipt {
        let trigger = request.why.unwrap_or(Trigger::Manual);
        let enlist = |state: &mut State, caller| {
            state.merged = state.merged.and(request);
            if !state.triggers.contains(&trigger) {
                state.triggers.push(trigger);
            }
            if state.waiting.len() >= state.prune_at {
                state.waiting.retain(|waiting| !waiting.is_closed());
                state.prune_at = 2 * state.waiting.len() + PRUNE_FROM;
            }
            state.waiting.push(caller);
        };
        self.answer(enlist, || stopped(trigger)).await
    }

    /// Requests a rollback.
    pub(crate) async fn roll_back(&self, to: Request) -> Receipt {
        let enlist = |state: &mut State, answer| {
            state.asides.push_back(Command::Rollback(to, answer));
        };
        self.answer(enlist, || stopped(Trigger::Rollback)).await
    }

    /// Requests a plan.
    pub(crate) async fn plan(&self) -> Plan {
        let enlist = |state: &mut State, answer| {
            let request = PlanRequest::Plan(answer);
            state.prune_asides();
            state.asides.push_back(Command::Plan(request));
        };
        self.answer(enlist, || Plan::failed(has_stopped())).await
    }

    /// Requests the application of a plan.
    pub(crate) async fn apply(&self, token: PlanToken, trigger: Trigger) -> Receipt {
        let enlist = |state: &mut State, answer| {
            let request = PlanRequest::Apply {
                token,
                trigger,
                answer,
            };
            state.asides.push_back(Command::Plan(request));
        };
        self.answer(enlist, || stopped(trigger)).await
    }

    /// Confirms a generation that is on probation.
    pub(crate) async fn confirm(&self, generation: Generation) -> Result<(), Error> {
        let enlist = |state: &mut State, answer| {
            state.asides.push_back(Command::Confirm(generation, answer));
        };
        self.answer(enlist, || Err(has_stopped())).await
    }

    /// Waits until the task takes its requests, or the service is requested to stop.
    #[cfg(all(feature = "systemd", target_os = "linux"))]
    pub(crate) async fn ping(&self) {
        let enlist = |state: &mut State, answer| {
            state.prune_asides();
            // Dropping the sender answers.
            if !state.stop {
                state.asides.push_back(Command::Ping(answer));
            }
        };
        self.answer(enlist, || ()).await;
    }

    /// Enlists a caller, and waits for the answer.
    async fn answer<A>(
        &self,
        enlist: impl FnOnce(&mut State, oneshot::Sender<A>),
        stopped: impl Fn() -> A,
    ) -> A {
        let answer = {
            let mut state = self.state();
            if state.ended {
                return stopped();
            }
            let (caller, answer) = oneshot::channel();
            enlist(&mut state, caller);
            answer
        };
        self.wake.notify_one();
        answer.await.unwrap_or_else(|_| stopped())
    }

    /// Requests a load without a caller that waits.
    pub(crate) fn request_resync(&self) {
        let mut state = self.state();
        if !state.triggers.contains(&Trigger::Resync) {
            state.triggers.push(Trigger::Resync);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// The receipt of the next load that begins, whatever causes it.
    pub(crate) fn next_receipt(&self) -> oneshot::Receiver<Receipt> {
        let (sender, answer) = oneshot::channel();
        let mut state = self.state();
        if !state.ended {
            state.waiting.push(sender);
        }
        answer
    }

    /// Requests that the service is enabled or disabled. The last request counts.
    pub(crate) fn enable(&self, enabled: bool) {
        self.state().enable = Some(enabled);
        self.wake.notify_one();
    }

    /// A group has given a value back, so that it may be freed.
    pub(crate) fn loan_returned(&self) {
        self.state().loan_returned = true;
        self.wake.notify_one();
    }

    /// An event of a command waits for its delivery.
    pub(crate) fn request_delivery(&self) {
        self.state().undelivered = true;
        self.wake.notify_one();
    }

    /// Requests the stop.
    pub(crate) fn stop(&self) {
        let mut state = self.state();
        state.stop = true;
        #[cfg(all(feature = "systemd", target_os = "linux"))]
        state
            .asides
            .retain(|aside| !matches!(aside, Command::Ping(_)));
        drop(state);
        self.wake.notify_one();
    }

    /// Whether a stop was requested.
    pub(crate) fn is_stopping(&self) -> bool {
        self.state().stop
    }

    /// Waits for the next command. Cancel safe.
    pub(crate) async fn next(&self) -> Command {
        loop {
            {
                let mut state = self.state();
                if state.stop {
                    return Command::Stop;
                }
                if mem::take(&mut state.undelivered) {
                    return Command::Deliver;
                }
                if let Some(command) = state.asides.pop_front() {
                    return command;
                }
                if let Some(enabled) = state.enable.take() {
                    return Command::Enable(enabled);
                }
                if mem::take(&mut state.loan_returned) {
                    return Command::Sweep;
                }
                // The load that it begins serves all requests, so a request of a person comes first.
                let requested = state
                    .triggers
                    .iter()
                    .position(|trigger| trigger.is_requested());
                if !state.triggers.is_empty() {
                    return Command::Load(state.triggers.swap_remove(requested.unwrap_or(0)));
                }
            }
            self.wake.notified().await;
        }
    }

    /// Takes all waiting callers and their combined request, because a load begins that serves them.
    pub(crate) fn serve(&self) -> (Vec<oneshot::Sender<Receipt>>, PendingRequest) {
        let mut state = self.state();
        state.triggers.clear();
        (mem::take(&mut state.waiting), mem::take(&mut state.merged))
    }

    /// Makes these callers wait for the next load, because their load was inconclusive or was cancelled.
    pub(crate) fn postpone(&self, serving: Vec<oneshot::Sender<Receipt>>, merged: PendingRequest) {
        let mut state = self.state();
        if !state.ended {
            state.merged = state.merged.and(merged);
            state.waiting.extend(serving);
        }
    }

    /// Ends the inbox: no load will follow. All present and later callers get the receipt of a stopped service.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        // Dropping the senders wakes the callers.
        state.waiting.clear();
        state.asides.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// The number of callers below which a search for departed ones is not worth it.
const PRUNE_FROM: usize = 16;

/// The receipt of a request to a service that has stopped.
pub(crate) fn stopped(trigger: Trigger) -> Receipt {
    let error = has_stopped();
    Receipt::untaken(trigger, Outcome::Failed { error })
}

pub(crate) fn has_stopped() -> Error {
    Error::new(ErrorKind::Stopped, "the service has stopped")
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[cfg(all(feature = "systemd", target_os = "linux"))]
    #[test]
    fn ping_ends_when_the_stop_is_requested() {
        let inbox = Inbox::default();
        let mut before = std::pin::pin!(inbox.ping());
        assert!(before.as_mut().now_or_never().is_none(), "nobody answers");
        inbox.stop();
        assert!(before.now_or_never().is_some());
        assert!(inbox.ping().now_or_never().is_some());
    }

    #[test]
    fn plans_of_callers_who_have_left_do_not_queue() {
        let inbox = Inbox::default();
        for _ in 0..100 {
            assert!(inbox.plan().now_or_never().is_none());
        }
        assert_eq!(inbox.state().asides.len(), 1);
    }
}
