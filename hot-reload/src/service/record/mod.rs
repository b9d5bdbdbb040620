//! [`Recorder`]: writes each load and each change of the watch into the status, the events and the log.
//!
//! Each state is logged once. A rejection is at ERROR, a failure or a lost watch at WARN, and the recovery at INFO. Repetitions
//! are at DEBUG, and a load that found nothing new is at TRACE. A degradation that the source reports is at WARN when it appears
//! and at INFO when it ends; an inherent one is at DEBUG.
//!
//! While no load is good, the log repeats that ever more rarely: [`outage`].
//!
//! An error about other content counts as new even if its text is the same. So does the answer to a manual reload. Of many
//! rejections or failures in a row, the log has the first few lines and then summaries: [`storm`].

mod limits;
mod log;
pub(crate) mod observer;
mod outage;
mod outages;
mod source;
mod status;
mod storm;
mod swaps;
mod throttle;

use std::sync::Arc;

pub(super) use self::status::Noted;
use self::storm::Storms;
use super::shared::Shared;

/// The target of all log lines of services.
const TARGET: &str = "hot_reload";

pub(super) struct Recorder<V> {
    shared: Arc<Shared<V>>,
    /// `None` until the first bad load, so a healthy service needs no memory for it.
    storms: Option<Box<Storms>>,
}

impl<V> Recorder<V> {
    pub(super) fn new(shared: Arc<Shared<V>>) -> Self {
        Self {
            shared,
            storms: None,
        }
    }
}
