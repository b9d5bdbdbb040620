//! The commands of a service, as [`Control`](super::control::Control) and [`Target`](super::target::Target) give them.

use tracing::info;

use super::events::Events;
use super::shared::Board;
use super::shared::request::{Earlier, Request};
use crate::event::EventKind;
use crate::panics::discard;
use crate::receipt::Receipt;
use crate::status::Status;

pub(super) fn status<V>(board: &Board<V>) -> Status {
    let hold = board.hold();
    Status {
        hold,
        ..board.status().clone()
    }
}

pub(super) async fn roll_back<V>(board: &Board<V>, earlier: Earlier) -> Receipt {
    let resumed = board.gate().resumed();
    board.inbox.roll_back(Request { earlier, resumed }).await
}

pub(super) fn pause<V>(board: &Board<V>) {
    if board.gate().pause() {
        info!(target: "hot_reload", name = &*board.name, "paused");
        board.flight.paused();
        board.tell(|| EventKind::Paused);
    }
}

pub(super) async fn resume<V>(board: &Board<V>) -> Receipt {
    let released = board.gate().resume();
    if let Some(released) = released {
        discard(released);
        info!(target: "hot_reload", name = &*board.name, "resumed");
        board.flight.resumed();
        board.tell(|| EventKind::Resumed);
    }
    board.inbox.resume().await
}

pub(super) fn events<V>(board: &Board<V>) -> Events {
    let channel = board.observers.listen();
    // In this order: the end is sent after the status shows it.
    let stopped = board.status().stopped;
    let channel = (!stopped).then_some(channel);
    Events::new(channel, board.name.clone(), board.source.clone())
}

pub(super) async fn stop<V>(board: &Board<V>) {
    board.inbox.stop();
    board.close();
    let mut task = board.task.lock().await;
    if let Some(task) = task.as_mut() {
        // An error means that the runtime has ended the task already.
        let _ = task.await;
    }
    *task = None;
    board.end();
}
