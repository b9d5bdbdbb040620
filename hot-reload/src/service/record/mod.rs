//! [`Recorder`]: writes each load and each change of the watch into the status, the events and the log.
//!
//! The log says a thing once: a rejection at ERROR, a failure or a lost watch at WARN, and the same again only at DEBUG;
//! the recovery at INFO; a load that found nothing new at TRACE. What a source says of itself is told in the same way, at
//! WARN when it appears and at INFO when it is gone; at DEBUG what lies in its nature.
//!
//! An error about other content counts as new even if its text is the same, and so does the answer to a manual reload. Of
//! many rejections or failures in a row, the log has the first few lines and then summaries: [`storm`].

mod log;
pub(crate) mod observer;
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
    /// Nothing until the first bad load: a healthy service pays nothing for it.
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
