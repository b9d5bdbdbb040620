//! [`Clock`]: the time as the machine counts it, and the jitter of its periods.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::backoff::Jitter;

/// The time since the service started, as the machine counts it. It follows tokio's clock, also a paused one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn now(self) -> Duration {
        self.0.elapsed()
    }

    /// What this time is to the machine; the start, if it was before that.
    pub(super) fn at(self, time: Instant) -> Duration {
        time.saturating_duration_since(self.0)
    }

    pub(super) fn until(self, moment: Duration) -> Sleep {
        sleep_until(self.0 + moment)
    }
}

/// A jitter that no other service has: seeded by what the standard library seeds its hash maps with.
pub(super) fn jitter() -> Jitter {
    Jitter::from_seed(RandomState::new().hash_one(0_u8))
}
