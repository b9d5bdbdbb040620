//! [`Storms`]: throttles for log lines about rejections and failures, and the outage that they are part of.

use super::outage::Outage;
use super::throttle::Throttle;
use crate::error::Error;
use crate::event::Stage;

/// A throttle for each kind of bad outcome.
#[derive(Debug)]
pub(super) struct Storms {
    pub(super) rejections: Throttle<Line>,
    pub(super) failures: Throttle<Line>,
    /// `None` if the last load was good.
    pub(super) outage: Option<Outage>,
}

impl Default for Storms {
    fn default() -> Self {
        Self {
            rejections: Throttle::new(),
            failures: Throttle::new(),
            outage: None,
        }
    }
}

/// The content of a log line about an outcome.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) stage: Option<Stage>,
    pub(super) text: String,
}

impl Line {
    pub(super) fn rejected(stage: Stage, error: &Error) -> Self {
        Self {
            stage: Some(stage),
            text: error.to_string(),
        }
    }

    pub(super) fn failed(error: &Error) -> Self {
        Self {
            stage: None,
            text: error.to_string(),
        }
    }
}
