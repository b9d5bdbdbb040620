//! [`Rate`]: how many requests are accepted, as a bucket of permits that fills with time.

use std::time::Duration;

use tokio::time::Instant;

pub(super) struct Rate {
    burst: u32,
    /// The time for one permit.
    period: Duration,
    permits: u32,
    /// When the bucket last got a permit. `None` while it is full.
    filled: Option<Instant>,
}

impl Rate {
    pub(super) fn new(burst: u32, period: Duration) -> Self {
        Self {
            burst,
            period,
            permits: burst,
            filled: None,
        }
    }

    /// Takes a permit.
    ///
    /// # Errors
    ///
    /// The time until the next one.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.fill(now);
        match self.permits.checked_sub(1) {
            Some(permits) => {
                self.permits = permits;
                self.filled.get_or_insert(now);
                Ok(())
            }
            None => {
                let filled = self.filled.unwrap_or(now);
                Err(self.period.saturating_sub(now.duration_since(filled)))
            }
        }
    }

    fn fill(&mut self, now: Instant) {
        while self.permits < self.burst
            && let Some(filled) = self.filled
            && now.duration_since(filled) >= self.period
        {
            self.permits += 1;
            self.filled = match self.permits == self.burst {
                true => None,
                false => Some(filled + self.period),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn burst_is_accepted_and_then_one_after_each_period() {
        let start = Instant::now();
        let mut rate = Rate::new(3, SECOND);
        for _ in 0..3 {
            assert_eq!(rate.take(start), Ok(()));
        }
        assert_eq!(rate.take(start), Err(SECOND));
        assert_eq!(rate.take(start + SECOND / 4), Err(SECOND * 3 / 4));
        assert_eq!(rate.take(start + SECOND), Ok(()));
        assert_eq!(rate.take(start + SECOND * 3 / 2), Err(SECOND / 2));
        assert_eq!(rate.take(start + SECOND * 2), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn bucket_holds_no_more_than_the_burst() {
        let start = Instant::now();
        let mut rate = Rate::new(2, SECOND);
        assert_eq!(rate.take(start), Ok(()));
        let later = start + SECOND * 1_000_000;
        assert_eq!([(); 2].map(|()| rate.take(later)), [Ok(()), Ok(())]);
        assert_eq!(rate.take(later), Err(SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn period_of_zero_accepts_everything() {
        let mut rate = Rate::new(1, Duration::ZERO);
        for _ in 0..1000 {
            assert_eq!(rate.take(Instant::now()), Ok(()));
        }
    }
}
