//! [`Loads`]: bounds the number of concurrent loads.
//!
//! A load that was given up at its deadline keeps its thread until the file system answers, which may be never. So the
//! number of loads is bounded, and grows slowly if none of them ever ends.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The start time of each running load, in order.
#[derive(Debug)]
pub(super) struct Loads(Mutex<Vec<Instant>>);

/// A running load, until it is dropped.
#[derive(Debug)]
pub(super) struct Load {
    of: &'static Loads,
    begun: Instant,
}

impl Loads {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Begins a load. An error says how many loads hang, and how long the next one has to wait.
    pub(super) fn begin(&'static self) -> Result<Load, String> {
        let begun = Instant::now();
        let mut loads = self.lock();
        if let Some(first) = loads.first() {
            let (count, hangs_for) = (loads.len(), begun - *first);
            let due = due(count);
            if hangs_for < due {
                return Err(format!(
                    "the file system does not answer: {count} earlier loads hang, the first for {} s; the next one \
                     begins in {} s, or when one of them ends",
                    hangs_for.as_secs(),
                    (due - hangs_for).as_secs() + 1
                ));
            }
        }
        loads.push(begun);
        Ok(Load { of: self, begun })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let mut loads = self.of.lock();
        if let Some(place) = loads.iter().position(|begun| *begun == self.begun) {
            loads.remove(place);
        }
    }
}

/// How long the first of `count` loads must have run before another one begins. The time doubles for each, so that a
/// dozen loads hang after a day.
fn due(count: usize) -> Duration {
    match count.checked_sub(AT_ONCE) {
        None => Duration::ZERO,
        Some(more) => {
            let doublings = u32::try_from(more).unwrap_or(u32::MAX);
            FIRST.saturating_mul(2_u32.saturating_pow(doublings))
        }
    }
}

/// The number of loads without a wait. Usually there is one; others belong to other services of this process, or were
/// given up at their deadline.
const AT_ONCE: usize = 4;

/// As long as a load's deadline: by then, the other loads were given up.
const FIRST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn loads_that_hang_for_ever_stay_few_and_a_later_load_succeeds() {
        static LOADS: Loads = Loads::new();
        let mut hung = Vec::new();
        for _ in 0..AT_ONCE {
            hung.push(LOADS.begin().unwrap());
        }
        let day = Duration::from_secs(24 * 3600);
        let begun = Instant::now();
        while begun.elapsed() < day {
            match LOADS.begin() {
                Ok(load) => hung.push(load),
                Err(why) => assert!(why.contains("does not answer: "), "{why}"),
            }
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
        assert!((10..20).contains(&hung.len()), "{}", hung.len());
        // A file system that answers again.
        hung.clear();
        for _ in 0..100 {
            drop(LOADS.begin().unwrap());
        }
    }
}
