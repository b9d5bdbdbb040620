//! The system's clocks. No other file reads them.
//!
//! The engine uses the runtime's clock, which a test can pause. The system's clocks advance meanwhile.
#![allow(
    clippy::disallowed_methods,
    reason = "the only place that reads the clocks"
)]

#[cfg(any(feature = "blocking", feature = "file"))]
use std::time::Instant;
use std::time::SystemTime;

/// The monotonic time. It measures the age of file events, which arrive on the watcher's thread outside of the runtime, and the
/// time that a thread waits.
#[cfg(any(feature = "blocking", feature = "file"))]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time of day. It stamps snapshots, events, statuses and saved values, and is compared with the times of files. No other
/// decision depends on it.
pub(crate) fn time_of_day() -> SystemTime {
    SystemTime::now()
}
