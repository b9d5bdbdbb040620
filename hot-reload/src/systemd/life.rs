//! The task that keeps the status line current, and sends the watchdog keep-alives.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::error;

use super::manager::Manager;
use crate::service::Registry;

/// Runs until it is aborted.
pub(super) async fn run(manager: Arc<Manager>, watchdog: Option<Duration>) {
    let changed = manager.changed();
    // Half of the timeout, as the manual of systemd advises.
    let period = watchdog.map(|watchdog| watchdog / 2);
    let mut next = Instant::now() + period.unwrap_or(FOREVER);
    let mut was_alive = true;
    loop {
        // The time comes first, so that a flood of changes cannot delay the keep-alive.
        if Instant::now() < next && timeout_at(next, changed.notified()).await.is_ok() {
            manager.update();
            sleep(PAUSE).await;
            continue;
        }
        let period = period.unwrap_or(FOREVER);
        next = Instant::now() + period;
        // The answers must come before the next keep-alive is due; otherwise the engine counts as hung.
        let is_alive = timeout(period, is_alive(&manager.registry)).await == Ok(true);
        if is_alive {
            manager.alive();
        } else if was_alive {
            error!(target: "hot_reload", "a service does not answer within {period:?}: systemd gets no watchdog keep-alive until it does, and may restart the program");
        }
        was_alive = is_alive;
    }
}

/// Whether there is a service. Returns once the task of each service has answered, except those that stop or have stopped.
async fn is_alive(registry: &Registry) -> bool {
    let targets = registry.targets();
    join_all(targets.iter().map(|target| target.ping())).await;
    !targets.is_empty()
}

/// The time between two status lines, so that a storm of changes does not become one of messages.
const PAUSE: Duration = Duration::from_millis(50);
/// Longer than any program runs.
const FOREVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);
