//! [`Readiness`]: whether the files can be read now.

use std::time::Duration;

use super::view::{Pause, View};
use crate::status::Hold;

/// The result of a step.
pub(crate) enum Readiness {
    /// The files are at rest, or were waited for long enough.
    Ready(View),
    /// They are not at rest. Step again after the pause.
    Wait(Pause),
    /// The file is being written, and the next load continues to wait.
    BeingWritten(Unready),
}

/// The answer of a source that is not ready.
#[derive(Debug, Clone)]
pub(crate) struct Unready {
    pub(crate) hold: Hold,
    /// The time until the next load, unless an event comes before.
    pub(crate) again: Duration,
}
