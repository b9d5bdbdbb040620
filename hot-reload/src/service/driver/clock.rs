//! [`Clock`]: the time of one service since its start, and the jitter of its periods.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::backoff::Jitter;
use crate::service::settings::since_grid_point;

/// The time since the service started, as the machine counts it. It follows tokio's clock, also a paused one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Starts at the last point of the process's time grid, up to [`GRID`](crate::service::settings::GRID) ago. Then the grid
    /// points are the same moments on the clocks of all services.
    pub(crate) fn start_on_grid() -> Self {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        let now = Instant::now();
        // A paused clock of a test may be behind the one that was first.
        let age = now.saturating_duration_since(*ORIGIN.get_or_init(|| now));
        Self(now.checked_sub(since_grid_point(age)).unwrap_or(now))
    }

    pub(crate) fn now(self) -> Duration {
        self.0.elapsed()
    }

    /// Converts a time for the machine. A time before the start becomes the start.
    pub(crate) fn at(self, time: Instant) -> Duration {
        time.saturating_duration_since(self.0)
    }

    pub(crate) fn until(self, moment: Duration) -> Sleep {
        sleep_until(self.0 + moment)
    }
}

/// A jitter that no other service has: seeded by what the standard library seeds its hash maps with.
pub(crate) fn jitter() -> Jitter {
    Jitter::from_seed(RandomState::new().hash_one(0_u8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::settings::GRID;

    #[tokio::test(start_paused = true)]
    async fn clocks_on_the_grid_differ_by_whole_grid_steps() {
        let first = Clock::start_on_grid();
        for milliseconds in [1, 37, 99, 100, 101, 12_345] {
            tokio::time::advance(Duration::from_millis(milliseconds)).await;
            let other = Clock::start_on_grid();
            assert_eq!(since_grid_point(first.now() - other.now()), Duration::ZERO);
            assert!(other.now() < GRID);
        }
    }
}
