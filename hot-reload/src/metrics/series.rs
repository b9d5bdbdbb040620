//! [`Series`]: writes the metrics of a service at each of its events.

use std::borrow::Cow;
use std::collections::HashMap;
use std::mem;
use std::sync::Mutex;

use super::facade;
use crate::diff::RevisionKey;
use crate::event::{Event, EventKind};
use crate::locks::lock;
use crate::measure::{Metric, has_duration, samples};
use crate::service::{Registry, Target, WeakRegistry};

/// Writes the metrics of all services of a registry.
pub(super) struct Series {
    // Weak, because the registry owns its observers.
    registry: WeakRegistry,
    key: RevisionKey,
    /// The series of each service with a label that are not 0.
    present: Mutex<HashMap<String, Vec<Labelled>>>,
}

type Labelled = (&'static Metric, Cow<'static, str>);

impl Series {
    pub(super) fn new(registry: &Registry, key: RevisionKey) -> Self {
        Self {
            registry: registry.downgrade(),
            key,
            present: Mutex::default(),
        }
    }

    /// Writes what an event reports, and the state of its service.
    pub(super) fn record(&self, event: &Event) {
        match &event.kind {
            EventKind::Load {
                trigger,
                outcome,
                elapsed,
                ..
            } => {
                facade::count_reload(&event.target, outcome.as_str(), trigger.as_str());
                if has_duration(outcome) {
                    facade::record_duration(&event.target, *elapsed);
                }
            }
            EventKind::Stopped => return self.replace(&event.target, Vec::new()),
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
        let registry = self.registry.upgrade();
        if let Some(target) = registry.and_then(|registry| registry.get(&event.target)) {
            self.update(&target);
        }
    }

    /// Writes the state of a service.
    pub(super) fn update(&self, target: &Target) {
        let mut present = Vec::new();
        for sample in samples(target, self.key) {
            if let Some(label) = sample.label.clone().filter(|_| sample.value != 0.0) {
                present.push((sample.metric, label));
            }
            facade::set(sample.metric, target.name(), sample.label, sample.value);
        }
        self.replace(target.name(), present);
    }

    /// Sets the series of a service to 0 that are no longer present. The recorder is not called under the lock.
    fn replace(&self, target: &str, present: Vec<Labelled>) {
        let gone = {
            let mut services = lock(&self.present);
            let mut before = match services.get_mut(target) {
                _ if present.is_empty() => services.remove(target).unwrap_or_default(),
                Some(known) => mem::replace(known, present.clone()),
                None => {
                    // Services that were unregistered have no last event.
                    let registry = self.registry.upgrade();
                    services.retain(|name, _| {
                        let registry = registry.as_ref();
                        registry.is_some_and(|registry| registry.get(name).is_some())
                    });
                    services.insert(target.to_owned(), present.clone());
                    Vec::new()
                }
            };
            before.retain(|series| !present.contains(series));
            before
        };
        for (metric, label) in gone {
            facade::set(metric, target, Some(label), 0.0);
        }
    }
}
