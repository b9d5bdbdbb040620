//! [`Counts`]: counts the loads of each service.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::event::{Event, EventKind};
use crate::locks::lock;
use crate::measure::has_duration;
use crate::service::{Registry, WeakRegistry};

/// The loads of each registered service. Its size is bounded by the services, the outcomes and the triggers.
pub(super) struct Counts {
    // Weak, because the registry owns its observers.
    registry: WeakRegistry,
    targets: Mutex<HashMap<Arc<str>, Loads>>,
}

/// The loads of one service.
#[derive(Debug, Clone, Default)]
pub(super) struct Loads {
    /// By the words of their outcome and trigger.
    pub(super) reloads: BTreeMap<(&'static str, &'static str), u64>,
    pub(super) durations: Durations,
}

/// A histogram of durations.
#[derive(Debug, Clone, Default)]
pub(super) struct Durations {
    pub(super) sum: f64,
    pub(super) count: u64,
    /// The counts of the buckets, without those of smaller ones.
    buckets: [u64; BOUNDS.len()],
}

/// The upper bounds of the buckets in seconds. From a small file, which takes less than a millisecond, to the deadline of a load.
const BOUNDS: [f64; 11] = [
    0.001,
    0.005,
    0.01,
    0.05,
    0.1,
    0.5,
    1.0,
    5.0,
    10.0,
    30.0,
    f64::INFINITY,
];

impl Counts {
    pub(super) fn new(registry: &Registry) -> Self {
        Self {
            registry: registry.downgrade(),
            targets: Mutex::default(),
        }
    }

    /// The loads of this service, if it has had some.
    pub(super) fn of(&self, target: &str) -> Option<Loads> {
        lock(&self.targets).get(target).cloned()
    }

    /// Forgets the services that are no longer registered.
    ///
    /// The lock is held meanwhile, so a service that is registered in between keeps its counts: its events come afterwards.
    pub(super) fn prune(&self) {
        let mut targets = lock(&self.targets);
        let registered = self.registry.upgrade();
        let registered = registered.map_or_else(Vec::new, |registry| registry.targets());
        targets.retain(|name, _| registered.iter().any(|target| target.name() == &**name));
    }

    /// Counts the load that an event reports.
    pub(super) fn record(&self, event: &Event) {
        match &event.kind {
            EventKind::Load {
                trigger,
                outcome,
                elapsed,
                ..
            } => {
                let mut is_new = false;
                {
                    let mut targets = lock(&self.targets);
                    let loads = targets.entry(Arc::clone(&event.target));
                    let loads = loads.or_insert_with(|| {
                        is_new = true;
                        Loads::default()
                    });
                    let count = loads.reloads.entry((outcome.as_str(), trigger.as_str()));
                    *count.or_default() += 1;
                    if has_duration(outcome) {
                        loads.durations.add(*elapsed);
                    }
                }
                if is_new {
                    // Services that were unregistered have no last event.
                    self.prune();
                }
            }
            EventKind::Stopped => {
                lock(&self.targets).remove(&event.target);
            }
            EventKind::Watch { .. }
            | EventKind::Missed
            | EventKind::Paused
            | EventKind::Resumed
            | EventKind::Stale { .. }
            | EventKind::Outage { .. }
            | EventKind::GivenUp { .. }
            | EventKind::Degraded(_)
            | EventKind::Resolved(_)
            | EventKind::Lagged(_) => {}
        }
    }
}

impl Durations {
    fn add(&mut self, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        self.sum += seconds;
        self.count += 1;
        let mut buckets = BOUNDS.iter().zip(&mut self.buckets);
        if let Some((_, bucket)) = buckets.find(|(bound, _)| seconds <= **bound) {
            *bucket += 1;
        }
    }

    /// The upper bounds with their counts.
    pub(super) fn buckets(&self) -> Vec<(f64, u64)> {
        BOUNDS.into_iter().zip(self.buckets).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReloaderService;
    use crate::source::from_fn;

    #[tokio::test(start_paused = true)]
    async fn counts_of_services_that_were_unregistered_are_dropped() {
        let registry = Registry::new();
        let counts = Arc::new(Counts::new(&registry));
        let recorder = Arc::clone(&counts);
        registry.on_event(move |event| recorder.record(event));
        let mut kept = Vec::new();
        for number in 0..10 {
            let name = format!("service {number}");
            let source = from_fn("disk", || async { Ok(1) });
            let builder = ReloaderService::builder(source).name(name.as_str());
            kept.push(builder.register(&registry).start().await.unwrap());
            assert!(counts.of(&name).is_some());
            registry.unregister(&name).unwrap();
            assert!(lock(&counts.targets).len() <= 2, "no scrape takes place");
        }
        counts.prune();
        assert!(lock(&counts.targets).is_empty());
    }
}
