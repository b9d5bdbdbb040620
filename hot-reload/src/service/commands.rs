//! The commands of a service, as [`Control`](super::control::Control) and [`Target`](super::target::Target) give them.

use tracing::info;

use super::shared::Shared;
use super::shared::request::{Earlier, Request};
use super::token::PlanToken;
use crate::event::{EventKind, Events, Outcome, Trigger};
use crate::panics::discard;
use crate::plan::Plan;
use crate::receipt::Receipt;
use crate::snapshot::Snapshot;
use crate::status::Status;

pub(super) fn status<V>(shared: &Shared<V>) -> Status {
    let hold = shared.hold();
    let visible = shared.publisher.current();
    Status {
        hold,
        value_revision: visible.as_ref().and_then(Snapshot::value_revision).cloned(),
        ..shared.status().clone()
    }
}

pub(super) async fn roll_back<V>(shared: &Shared<V>, earlier: Earlier) -> Receipt {
    let resumed = shared.gate().resumed();
    shared.inbox.roll_back(Request { earlier, resumed }).await
}

pub(super) async fn plan<V>(shared: &Shared<V>) -> Plan {
    shared.inbox.plan().await
}

pub(super) async fn apply<V>(shared: &Shared<V>, token: &str, trigger: Trigger) -> Receipt {
    match PlanToken::parse(token, &shared.observers.target) {
        Ok(token) => shared.inbox.apply(token, trigger).await,
        Err(error) => Receipt::untaken(trigger, Outcome::Failed { error }),
    }
}

pub(super) fn pause<V>(shared: &Shared<V>) {
    let is_paused = {
        let mut gate = shared.gate();
        let is_paused = gate.pause();
        if is_paused {
            shared.enqueue(|| EventKind::Paused);
        }
        is_paused
    };
    if is_paused {
        info!(target: "hot_reload", name = &*shared.observers.target, "paused");
        shared.flight.paused();
        shared.deliver();
    }
}

pub(super) async fn resume<V>(shared: &Shared<V>) -> Receipt {
    let released = {
        let mut gate = shared.gate();
        let released = gate.resume();
        if released.is_some() {
            shared.enqueue(|| EventKind::Resumed);
        }
        released
    };
    if let Some(released) = released {
        discard(released);
        info!(target: "hot_reload", name = &*shared.observers.target, "resumed");
        shared.flight.resumed();
        shared.deliver();
    }
    shared.inbox.resume().await
}

pub(super) fn events<V>(shared: &Shared<V>) -> Events {
    let channel = shared.observers.listen();
    // In this order: the end is sent after the status shows it.
    let stopped = shared.status().stopped;
    let channel = (!stopped).then_some(channel);
    Events::of_service(
        channel,
        shared.observers.target.clone(),
        shared.observers.source.clone(),
    )
}

/// Requests the stop. Nothing becomes visible any more.
pub(super) fn begin_stop<V>(shared: &Shared<V>) {
    shared.inbox.stop();
    shared.close();
}

pub(super) async fn stop<V>(shared: &Shared<V>) {
    begin_stop(shared);
    let mut task = shared.task.lock().await;
    if let Some(task) = task.as_mut() {
        // An error means that the runtime has ended the task already.
        let _ = task.await;
    }
    *task = None;
    shared.end();
}
