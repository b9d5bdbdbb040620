//! [`Storms`]: throttles for log lines about rejections and failures.

use super::throttle::Throttle;
use crate::error::Error;
use crate::event::Stage;

/// A throttle for each kind of bad outcome.
#[derive(Debug)]
pub(super) struct Storms {
    pub(super) rejections: Throttle<Line>,
    pub(super) failures: Throttle<Line>,
}

impl Default for Storms {
    fn default() -> Self {
        Self {
            rejections: Throttle::new(),
            failures: Throttle::new(),
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
