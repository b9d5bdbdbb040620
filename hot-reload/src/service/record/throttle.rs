//! [`Throttle`]: a token bucket for log lines of one kind. It merges the lines above its rate into one summary. It is pure:
//! the caller passes the time.

use std::time::Duration;

use crate::backoff::Limit;

/// Lines that are logged in full before the rest is merged: an operator who makes a few mistakes in a row reads each.
pub(super) const BURST: u32 = 5;
/// The least time between two lines after that: the log of a whole day stays readable, and an answer comes soon.
pub(super) const PAUSE: Duration = Duration::from_secs(10);

/// See the [module documentation](self). `L` is the content of a line.
#[derive(Debug)]
pub(super) struct Throttle<L> {
    limit: Limit,
    held: Option<Summary<L>>,
}

/// Merged lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Summary<L> {
    /// The number of merged lines.
    pub(super) count: u64,
    /// When the first of them arrived.
    pub(super) since: Duration,
    pub(super) newest: L,
}

impl<L> Throttle<L> {
    pub(super) fn new() -> Self {
        Self {
            limit: Limit::new(BURST, PAUSE),
            held: None,
        }
    }

    /// Whether the line may be logged now. Otherwise it joins the next summary as its newest line.
    pub(super) fn admit(&mut self, now: Duration, line: impl FnOnce() -> L) -> bool {
        if let Some(held) = &mut self.held {
            held.count += 1;
            held.newest = line();
            return false;
        }
        let free = self.limit.free_at() <= now;
        if free {
            self.limit.spend(now);
        } else {
            self.held = Some(Summary {
                count: 1,
                since: now,
                newest: line(),
            });
        }
        free
    }

    /// When the summary is due. `None` if no line was merged.
    pub(super) fn next_tick(&self) -> Option<Duration> {
        self.held.as_ref().map(|_| self.limit.free_at())
    }

    /// Takes the summary if it is due. It counts as one line.
    pub(super) fn due(&mut self, now: Duration) -> Option<Summary<L>> {
        if self.next_tick()? > now {
            return None;
        }
        self.limit.spend(now);
        self.held.take()
    }

    /// Takes the summary, due or not, at the end of the run.
    pub(super) fn finish(&mut self) -> Option<Summary<L>> {
        self.held.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn burst_is_logged_in_full_and_the_rest_is_counted() {
        let mut throttle = Throttle::new();
        let admitted = (0..1000_u64).filter(|line| throttle.admit(at(1), || *line));
        assert_eq!(admitted.count(), BURST as usize);
        assert_eq!(throttle.next_tick(), Some(at(11)));
        assert_eq!(throttle.due(at(11) - Duration::from_nanos(1)), None);
        let summary = throttle.due(at(11)).unwrap();
        assert_eq!(
            (summary.count, summary.since, summary.newest),
            (995, at(1), 999)
        );
        assert_eq!((throttle.next_tick(), throttle.due(at(100))), (None, None));
    }

    #[test]
    fn every_line_is_logged_or_counted_and_the_newest_is_kept() {
        for gap in [1, 7, 100, 999, 2_500, 9_999, 10_000, 60_000] {
            let mut throttle = Throttle::new();
            let (mut told, mut lines, mut newest) = (0, 0, None);
            let mut now = Duration::ZERO;
            for line in 0..500_u64 {
                now += Duration::from_millis(gap);
                while throttle.next_tick().is_some_and(|tick| tick <= now) {
                    let tick = throttle.next_tick().unwrap();
                    let summary = throttle.due(tick).unwrap();
                    assert!(tick - summary.since <= PAUSE, "{gap} ms");
                    told += summary.count;
                    lines += 1;
                    newest = Some(summary.newest);
                }
                if throttle.admit(now, || line) {
                    told += 1;
                    lines += 1;
                    newest = Some(line);
                }
            }
            if let Some(summary) = throttle.finish() {
                told += summary.count;
                lines += 1;
                newest = Some(summary.newest);
            }
            assert_eq!((told, newest), (500, Some(499)), "{gap} ms");
            let at_most = now.as_secs() / PAUSE.as_secs() + u64::from(BURST) + 2;
            assert!(lines <= at_most, "{lines} lines of {at_most}, {gap} ms");
        }
    }

    #[test]
    fn full_burst_is_available_after_a_minute_without_lines() {
        let mut throttle = Throttle::new();
        let admits = |throttle: &mut Throttle<u64>, now| {
            let lines = (0..100_u64).filter(|line| throttle.admit(now, || *line));
            lines.count()
        };
        assert_eq!(admits(&mut throttle, at(1)), 5);
        assert!(throttle.due(at(11)).is_some());
        assert_eq!(admits(&mut throttle, at(100)), 5);
    }
}
