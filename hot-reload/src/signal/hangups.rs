//! The task that waits for SIGHUP and reloads.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::{info, warn};

use super::line::line;
use crate::event::Requester;
use crate::runtime;
use crate::service::Registry;

/// Is notified of the reloads, besides the log.
pub(crate) trait Report: Send + 'static {
    /// A reload begins.
    fn begins(&self);
    /// The reload has ended. The status of each service has its outcome.
    fn has_ended(&self);
}

impl Report for () {
    fn begins(&self) {}
    fn has_ended(&self) {}
}

/// Installs the handler, then spawns the task.
pub(crate) fn reload_on(registry: &Registry, report: impl Report) -> io::Result<JoinHandle<()>> {
    let hangups = signal(SignalKind::hangup())?;
    Ok(runtime::spawn(run(hangups, registry.clone(), report)))
}

async fn run(mut hangups: Signal, registry: Registry, report: impl Report) {
    // Signals during a reload and the pause after it count as one.
    while hangups.recv().await.is_some() {
        report.begins();
        let receipts = registry.reload_all(Requester::Signal).await;
        report.has_ended();
        let text = line(&receipts);
        match receipts
            .iter()
            .all(|(_, receipt)| receipt.error().is_none())
        {
            true => info!(target: "hot_reload", "{text}"),
            false => warn!(target: "hot_reload", "{text}"),
        }
        sleep(PAUSE).await;
    }
}

/// The time between two reloads, so that a storm of signals leads to at most ten loads a second.
const PAUSE: Duration = Duration::from_millis(100);
