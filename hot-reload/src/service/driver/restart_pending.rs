//! [`RestartPending`]: reports which changes of the visible value take effect after a restart of the process.

use std::sync::Arc;

use tracing::{info, warn};

use crate::service::policy::restart::RestartCheck;
use crate::service::shared::Shared;
use crate::snapshot::Generation;

/// Checks each visible value once, and logs the changes that need a restart.
pub(crate) struct RestartPending<V> {
    restarts: Arc<dyn RestartCheck<V>>,
    seen: Option<Generation>,
    /// The last logged text.
    logged: String,
}

impl<V> RestartPending<V> {
    pub(crate) fn new(restarts: Arc<dyn RestartCheck<V>>) -> Self {
        Self {
            restarts,
            seen: None,
            logged: String::new(),
        }
    }

    /// Checks the visible value after a load. A load may also have published a default.
    pub(crate) fn load_ended(&mut self, shared: &Shared<V>) {
        let Some(newest) = shared.publisher.current() else {
            return;
        };
        if self.seen.replace(newest.generation()) == Some(newest.generation()) {
            return;
        }
        let waits = self.restarts.visible(newest.value());
        let name = &*shared.observers.target;
        let text = match &waits {
            Ok(waits) => waits.text.clone(),
            Err(error) => error.to_string(),
        };
        let is_new = std::mem::replace(&mut self.logged, text) != self.logged;
        let text = &self.logged;
        match waits {
            Ok(waits) => {
                for line in waits.unknown {
                    warn!(target: "hot_reload", name, "{line}");
                }
                match text.as_str() {
                    _ if !is_new => {}
                    "" => info!(target: "hot_reload", name, "no change needs a restart any more"),
                    text => warn!(target: "hot_reload", name, "needs a restart: {text}"),
                }
                shared.status().needs_restart = waits.paths;
            }
            Err(_) if is_new => {
                warn!(target: "hot_reload", name, "cannot find out what needs a restart: {text}");
            }
            Err(_) => {}
        }
    }
}
