//! Watches a source together with its included files.

use super::companion::{Companion, Unit};
use crate::error::Error;
use crate::hints::{HintSender, Subscription};
use crate::locks::lock;
use crate::source::contract::Source;
use crate::status::SourceStatus;

/// Opens the watch of the source, and that of the included files once there are any.
pub(in crate::source) async fn open<S: Source>(
    companion: &Companion,
    source: &S,
    hints: HintSender,
) -> Result<Subscription, Error> {
    // The watch ends with the sender of the source alone.
    let quiet = hints.quiet();
    let main = source.subscribe(hints).await?;
    if main.is_none() {
        return Ok(main);
    }
    let watcher = companion.add_watcher(quiet);
    if let Some(unit) = companion.unit() {
        arm(companion, unit).await?;
    }
    Ok(main.with(watcher))
}

/// Opens the watch of the included files wherever the source is watched. Ends it if there are none any more.
///
/// # Errors
///
/// It cannot be opened. Every watch of the source without it counts as lost then, so that the service opens it again.
pub(super) async fn arm(companion: &Companion, unit: &Unit) -> Result<(), Error> {
    if unit.requests.get().is_empty() {
        disarm(companion);
        return Ok(());
    }
    let mut armed = Ok(());
    for watcher in companion.watchers() {
        if lock(&watcher.guard).is_some() {
            continue;
        }
        match unit
            .source
            .subscribe(HintSender::quietly(&watcher.hints))
            .await
        {
            Ok(guard) => {
                let before = lock(&watcher.guard).replace(guard);
                drop(before);
            }
            Err(error) => {
                HintSender::quietly(&watcher.hints).lost(&error);
                armed = Err(error);
            }
        }
    }
    armed
}

fn disarm(companion: &Companion) {
    for watcher in companion.watchers() {
        let before = lock(&watcher.guard).take();
        drop(before);
    }
}

/// The status of the source, with that of the included files.
pub(in crate::source) fn status<S: Source>(
    companion: &Companion,
    source: &S,
) -> Option<SourceStatus> {
    let main = source.status();
    let Some(unit) = companion.unit() else {
        return main;
    };
    if unit.requests.get().is_empty() {
        return main;
    }
    let included = unit.source.status().unwrap_or_default();
    let mut status = main.unwrap_or_default();
    for degradation in included.degraded {
        if !status.degraded.contains(&degradation) {
            status.degraded.push(degradation);
        }
    }
    for (name, value) in included.counters {
        let mut counters = status.counters.iter_mut();
        match counters.find(|(other, _)| *other == name) {
            Some((_, sum)) => *sum += value,
            None => status.counters.push((name, value)),
        }
    }
    let heartbeat = companion.read(|state| state.heartbeat);
    let heartbeats = [status.heartbeat, included.heartbeat, heartbeat];
    status.heartbeat = heartbeats.into_iter().flatten().min();
    Some(status)
}
