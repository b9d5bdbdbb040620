//! The clocks of the machine, read here and nowhere else.
//!
//! They go on where a test has paused the clock of the runtime, which is the one that the engine counts by.
#![allow(clippy::disallowed_methods, reason = "this is the one place")]

#[cfg(feature = "file")]
use std::time::Instant;
use std::time::SystemTime;

/// The monotonic time, for how long ago an event of a file was: it is timed on the watcher's thread, which has no runtime.
#[cfg(feature = "file")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time of day: snapshots, statuses and saved values are stamped with it, and the times of files are compared with it.
/// Nothing else is decided upon it.
pub(crate) fn time_of_day() -> SystemTime {
    SystemTime::now()
}
