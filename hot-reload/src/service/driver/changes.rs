//! [`Changes`]: what each publication changed.

use std::sync::{Arc, Mutex};

use tracing::warn;

use crate::event::ChangedPaths;
use crate::locks::lock;
use crate::service::policy::changes::{Compare, Comparison};
use crate::service::shared::Shared;
use crate::snapshot::Snapshot;

/// Compares each published value with the value that it replaced.
pub(crate) struct Changes<V> {
    compare: Arc<dyn Compare<V>>,
    /// The last logged problem.
    logged: Mutex<String>,
}

impl<V> Changes<V> {
    pub(crate) fn new(compare: Arc<dyn Compare<V>>) -> Self {
        Self {
            compare,
            logged: Mutex::default(),
        }
    }

    /// What changed since this value was visible. `None` if it still is, or if nothing can be compared.
    pub(crate) fn since(&self, before: &Snapshot<V>, shared: &Shared<V>) -> Option<ChangedPaths> {
        let now = shared.publisher.current()?;
        if now.generation() == before.generation() {
            return None;
        }
        let (changed, problems) = self.between(before.value(), now.value());
        let logged = std::mem::replace(&mut *lock(&self.logged), problems.clone());
        if !problems.is_empty() && problems != logged {
            let name = &*shared.observers.target;
            warn!(target: "hot_reload", name, "cannot find out what has changed: {problems}");
        }
        changed
    }

    /// What differs, if it is known, and why it may not be.
    pub(crate) fn between(&self, before: &V, now: &V) -> (Option<ChangedPaths>, String) {
        let mut comparison = Comparison::default();
        self.compare.compare(before, now, &mut comparison);
        let Comparison { changed, problems } = comparison;
        let is_known = problems.is_empty() || !changed.paths.is_empty();
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        (is_known.then_some(changed), problems.join("; "))
    }
}
