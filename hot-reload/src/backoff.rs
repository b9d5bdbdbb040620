//! [`Backoff`], [`Jitter`] and [`Limit`]: growing delays between retries, random shortening that spreads them, and a rate
//! limit.

use std::time::Duration;

/// Delays that double from a floor to a cap, each shortened by up to half at random.
///
/// After a [`reset`](Self::reset), it starts from the floor again. It never gives up. It counts in milliseconds, because each
/// service has four of it; the longest delay is 49 days.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    floor: u32,
    cap: u32,
    next: u32,
}

impl Backoff {
    pub(crate) fn new(floor: Duration, cap: Duration) -> Self {
        let (floor, cap) = (millis(floor), millis(cap));
        let floor = floor.min(cap);
        Self {
            floor,
            cap,
            next: floor,
        }
    }

    /// The delay before the next try. Each call doubles the next delay, up to the cap.
    pub(crate) fn delay(&mut self, jitter: &mut Jitter) -> Duration {
        let whole = Duration::from_millis(self.next.into());
        self.next = self.next.saturating_mul(2).min(self.cap);
        whole - jitter.up_to(whole / 2)
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.floor;
    }

    /// Sets the longest delay, which must not be shorter than the floor.
    pub(crate) fn set_cap(&mut self, cap: Duration) {
        self.cap = millis(cap);
        self.next = self.next.min(self.cap);
    }
}

/// At least one, because zero does not double.
fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis())
        .unwrap_or(u32::MAX)
        .max(1)
}

/// A generator of random numbers with a seed, so that a run can be repeated.
///
/// Spreading delays needs no better randomness than this generator (xorshift64*, Vigna 2016).
#[derive(Debug, Clone)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) fn from_seed(seed: u64) -> Self {
        // The generator's only fixed point is zero.
        Self(seed.max(1))
    }

    /// A jitter that is always zero, for tests that count every millisecond.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self(0)
    }

    /// A random duration from zero to `span`.
    pub(crate) fn up_to(&mut self, span: Duration) -> Duration {
        span.mul_f64(self.fraction())
    }

    /// `whole`, shortened at random by up to `percent`.
    pub(crate) fn below(&mut self, whole: Duration, percent: u32) -> Duration {
        whole - self.up_to(whole * percent / 100)
    }

    /// A random number from zero up to, but not including, one.
    fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }
}

/// A rate limit: a burst at once, then one event per pause (the generic cell rate algorithm).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pause: Duration,
    slack: Duration,
    /// The time when the whole burst is available again.
    even: Duration,
}

impl Limit {
    pub(crate) fn new(burst: u32, pause: Duration) -> Self {
        Self {
            pause,
            slack: pause * burst.saturating_sub(1),
            even: Duration::ZERO,
        }
    }

    /// The limit after events which leave the whole burst available again at this time.
    pub(crate) fn spent_until(self, even: Duration) -> Self {
        Self { even, ..self }
    }

    /// The time when the whole burst is available again.
    pub(crate) fn even(self) -> Duration {
        self.even
    }

    /// The earliest time for the next event.
    pub(crate) fn free_at(self) -> Duration {
        self.even.saturating_sub(self.slack)
    }

    pub(crate) fn spend(&mut self, now: Duration) {
        self.even = self.even.max(now) + self.pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn p20_delays_double_from_the_floor_to_the_cap_and_never_end() {
        let mut backoff = Backoff::new(SECOND, 30 * SECOND);
        let mut jitter = Jitter::none();
        let delays: Vec<_> = (0..7)
            .map(|_| backoff.delay(&mut jitter).as_secs())
            .collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 30, 30]);
        backoff.reset();
        assert_eq!(backoff.delay(&mut jitter), SECOND);
    }

    #[test]
    fn p20_jitter_shortens_by_up_to_half_and_spreads() {
        let mut shortest = SECOND;
        let mut longest = Duration::ZERO;
        for seed in 1..=1000 {
            let delay = Backoff::new(SECOND, SECOND).delay(&mut Jitter::from_seed(seed * 7919));
            assert!(delay >= SECOND / 2 && delay <= SECOND, "{delay:?}");
            shortest = shortest.min(delay);
            longest = longest.max(delay);
        }
        assert!(
            longest - shortest > SECOND / 4,
            "{shortest:?} to {longest:?}"
        );
    }

    #[test]
    fn jitter_below_shortens_by_at_most_its_percentage() {
        let mut jitter = Jitter::from_seed(42);
        for _ in 0..1000 {
            let period = jitter.below(10 * SECOND, 10);
            assert!(period >= 9 * SECOND && period <= 10 * SECOND, "{period:?}");
        }
        assert_eq!(Jitter::none().below(10 * SECOND, 10), 10 * SECOND);
    }
}
