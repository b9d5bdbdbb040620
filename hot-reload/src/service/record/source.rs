//! Writes changes of the watch, the status of the source and its staleness to status, events and log.

use std::mem;
use std::time::Duration;

use tracing::{debug, info, warn};

use super::{Recorder, TARGET};
use crate::clock::time_of_day;
use crate::error::Error;
use crate::event::{DataState, EventKind, WatchState};
use crate::panics::discard;
use crate::status::{Degradation, SourceStatus};

impl<V> Recorder<V> {
    /// Writes a new state of the watch.
    pub(crate) fn watch_changed(&self, from: WatchState, to: WatchState, why: Option<&Error>) {
        self.shared.flight.watch_changed(from, to, why);
        let mut status = self.shared.status();
        let same =
            status.watch_error.as_ref().map(ToString::to_string) == why.map(ToString::to_string);
        let was_down = status.watch_error.is_some();
        (status.watch, status.watch_since) = (to, Some(time_of_day()));
        status.counters.watch_losses +=
            u64::from(from.is_open() && matches!(to, WatchState::Down | WatchState::Parked));
        let resolved = match to {
            WatchState::Connecting => None,
            WatchState::Down | WatchState::Parked | WatchState::Off => {
                mem::replace(&mut status.watch_error, why.cloned())
            }
            WatchState::Settling | WatchState::Trusted | WatchState::Untrusted => {
                status.watch_error.take()
            }
        };
        let name = &*self.shared.observers.target;
        drop(status);
        discard(resolved);
        match (to, why) {
            (WatchState::Down | WatchState::Parked, Some(why)) if same => {
                debug!(target: TARGET, name, watch = to.as_str(), "the watch is still down: {why}");
            }
            (WatchState::Down | WatchState::Parked, Some(why)) => {
                warn!(target: TARGET, name, watch = to.as_str(), "watch lost, polling until it is re-established: {why}");
            }
            (WatchState::Off, Some(why)) => {
                info!(target: TARGET, name, watch = to.as_str(), "{why}");
            }
            (WatchState::Settling, _) if was_down => {
                info!(target: TARGET, name, watch = to.as_str(), "watch re-established");
            }
            _ => {
                debug!(target: TARGET, name, watch = to.as_str(), "watch changed from {from} to {to}");
            }
        }
        self.shared.notify(|| EventKind::Watch {
            from,
            to,
            error: why.cloned(),
        });
    }

    /// Writes that the heartbeat found a change that the watch had not reported.
    pub(crate) fn missed(&self) {
        self.shared.flight.missed();
        let mut status = self.shared.status();
        status.counters.missed_events += 1;
        let (name, missed_events) = (
            &*self.shared.observers.target,
            status.counters.missed_events,
        );
        drop(status);
        warn!(target: TARGET, name, missed_events, "the watch missed a change; polling until it is trusted again");
        self.shared.notify(|| EventKind::Missed);
    }

    /// Writes that no load was good for longer than the bound.
    pub(crate) fn stale(&self, age: Duration) {
        let mut status = self.shared.status();
        status.set_data(DataState::Stale, time_of_day());
        let error = status.last_error.clone();
        drop(status);
        let (name, source) = self.shared.names();
        let why = match &error {
            Some(error) => error.to_string(),
            None => "no load has finished since".to_owned(),
        };
        let age_ms = age.as_millis() as u64;
        warn!(target: TARGET, name, source, age_ms, "stale, no good load for {age:?}, the last good value stays: {why}");
        self.shared.notify(|| EventKind::Stale { age, error });
    }

    /// Logs a good load after the service was stale.
    pub(crate) fn fresh_again(&self, age: Duration) {
        let (name, source) = self.shared.names();
        let age_ms = age.as_millis() as u64;
        info!(target: TARGET, name, source, age_ms, "fresh again, after no good load for {age:?}");
    }

    /// Writes the present status of the source. Each degradation is logged and reported when it appears and when it ends. The
    /// ended ones come first, because one with a new message may follow. Observers are notified by the next delivery.
    pub(crate) fn source(&self, now: Option<SourceStatus>) {
        fn reasons(status: Option<&SourceStatus>) -> &[Degradation] {
            status.map_or(&[], |status| &status.degraded)
        }
        let mut status = self.shared.status();
        let before = mem::replace(&mut status.source_status, now);
        let (was, is) = (
            reasons(before.as_ref()),
            reasons(status.source_status.as_ref()),
        );
        if was == is {
            return;
        }
        let new = |reason: &&Degradation| !was.contains(reason);
        let appeared: Vec<_> = is.iter().filter(new).cloned().collect();
        let gone = was.iter().filter(|reason| !is.contains(reason));
        let gone: Vec<_> = gone.cloned().collect();
        drop(status);
        let (name, source) = self.shared.names();
        for degradation in gone {
            let (reason, message) = (&*degradation.reason, &degradation.message);
            match degradation.inherent || degradation.logged {
                true => debug!(target: TARGET, name, source, reason, "resolved: {message}"),
                false => info!(target: TARGET, name, source, reason, "resolved: {message}"),
            }
            self.shared.enqueue(|| EventKind::Resolved(degradation));
        }
        for degradation in appeared {
            let reason = &*degradation.reason;
            match degradation.inherent || degradation.logged {
                true => debug!(target: TARGET, name, source, reason, "the source: {degradation}"),
                false => {
                    warn!(target: TARGET, name, source, reason, "the source is degraded: {degradation}");
                }
            }
            self.shared.enqueue(|| EventKind::Degraded(degradation));
        }
    }
}
