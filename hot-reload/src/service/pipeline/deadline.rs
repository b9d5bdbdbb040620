//! [`Deadline`]: the deadline of one load, which may change while the service runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::service::settings::LONGEST;

/// In nanoseconds. It applies from the next load on.
#[derive(Debug)]
pub(crate) struct Deadline(AtomicU64);

impl Deadline {
    pub(crate) fn new(deadline: Duration) -> Self {
        Self(AtomicU64::new(nanos(deadline)))
    }

    pub(crate) fn get(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn set(&self, deadline: Duration) {
        self.0.store(nanos(deadline), Ordering::Relaxed);
    }
}

fn nanos(deadline: Duration) -> u64 {
    u64::try_from(deadline.min(LONGEST).as_nanos()).unwrap_or(u64::MAX)
}
