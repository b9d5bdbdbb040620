//! The one place of this source that reads a clock.
//!
//! The times of files and of events are those of the machine, also where a test has paused the runtime's clock.

use std::time::{Instant, SystemTime};

/// The monotonic time, for how long ago an event was.
#[allow(
    clippy::disallowed_methods,
    reason = "events are timed on the watcher's thread, which has no runtime"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time of day, for how old a file is.
#[allow(
    clippy::disallowed_methods,
    reason = "compared with the timestamps of files, and with nothing else"
)]
pub(crate) fn wall() -> SystemTime {
    SystemTime::now()
}
