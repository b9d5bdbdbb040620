//! [`Status`]: what an operator asks a running service.

use std::time::SystemTime;

use crate::error::Error;
use crate::event::{DataState, LinkState, Outcome, Trigger};
use crate::snapshot::Generation;

/// The state of a service at one moment, as told by [`Control::status`](crate::Control::status).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// What the service calls its value in logs.
    pub name: String,
    /// What the source calls itself, if it does.
    pub source: Option<String>,
    /// How current the visible value is.
    pub data: DataState,
    /// How the watch is.
    pub link: LinkState,
    /// Why the watch is down or parked, as long as it is.
    pub link_error: Option<Error>,
    /// Whether the service has stopped.
    pub stopped: bool,
    /// The number of the visible value.
    pub generation: Option<Generation>,
    /// When a value was published last.
    pub last_published: Option<SystemTime>,
    /// When the source was last found to hold what is visible. Moves with every good look, also an unchanged one.
    pub last_checked: Option<SystemTime>,
    /// The last look.
    pub last_attempt: Option<Attempt>,
    /// The error of the last look, if it failed or was rejected. A good look clears it.
    pub last_error: Option<Error>,
    /// How often what has happened.
    pub counters: Counters,
}

/// One look.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attempt {
    /// Why it was taken.
    pub trigger: Trigger,
    /// What it led to.
    pub outcome: Outcome,
    /// When it ended.
    pub at: SystemTime,
}

/// How often what has happened since the service was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Looks that ended.
    pub loads: u64,
    /// Looks that published.
    pub published: u64,
    /// Looks that found what is visible.
    pub unchanged: u64,
    /// Looks whose content was refused.
    pub rejected: u64,
    /// Looks that failed.
    pub failed: u64,
    /// Looks that found nothing.
    pub missing: u64,
    /// Times that a standing watch was lost.
    pub watch_losses: u64,
    /// Changes that the heartbeat found and the watch had not announced.
    pub missed_events: u64,
}

impl Status {
    pub(crate) fn new(name: String, source: Option<String>) -> Self {
        Self {
            name,
            source,
            data: DataState::None,
            link: LinkState::Off,
            link_error: None,
            stopped: false,
            generation: None,
            last_published: None,
            last_checked: None,
            last_attempt: None,
            last_error: None,
            counters: Counters::default(),
        }
    }
}
