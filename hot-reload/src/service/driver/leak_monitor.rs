//! [`LeakMonitor`]: finds replaced values that are held for too long. Pure: the caller passes the time.

use std::mem;
use std::time::Duration;

use crate::service::settings::HELD_LONG;
use crate::snapshot::Generation;

/// Tracks the replaced values that are not freed.
#[derive(Debug)]
pub(crate) struct LeakMonitor {
    /// How long a value is kept at least.
    grace: Duration,
    /// The values that are still held after their grace, the oldest first.
    held: Vec<Held>,
}

#[derive(Debug)]
struct Held {
    generation: Generation,
    /// Since when only its holders keep it.
    from: Duration,
    reported: bool,
}

/// The result of a check.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Whether a value is held after its grace.
    pub(crate) held: bool,
    /// When the grace of the next value is over.
    pub(crate) next: Option<Duration>,
    /// The warning that is due.
    pub(crate) late: Option<Late>,
}

/// A value that is held for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Late {
    pub(crate) generation: Generation,
    /// How long ago it was replaced.
    pub(crate) age: Duration,
    /// The number of other values to report, all younger.
    pub(crate) more: usize,
}

impl LeakMonitor {
    pub(crate) fn new(grace: Duration) -> Self {
        Self {
            grace,
            held: Vec::new(),
        }
    }

    /// Whether a value that was replaced at this time may be freed.
    pub(crate) fn is_of_age(grace: Duration, now: Duration, since: Duration) -> bool {
        since + grace <= now
    }

    /// Checks the values that are left, with the time of their replacement, the oldest first.
    pub(crate) fn check(
        &mut self,
        now: Duration,
        left: impl IntoIterator<Item = (Generation, Duration)>,
    ) -> Left {
        let mut found = Left {
            held: false,
            next: None,
            late: None,
        };
        let mut before = mem::take(&mut self.held).into_iter().peekable();
        for (generation, since) in left {
            if !Self::is_of_age(self.grace, now, since) {
                // The values that follow are younger.
                found.next = Some(since + self.grace);
                break;
            }
            found.held = true;
            // Both lists are ordered by generation.
            while before
                .next_if(|held| held.generation < generation)
                .is_some()
            {}
            let known = before.next_if(|held| held.generation == generation);
            let mut held = known.unwrap_or(Held {
                generation,
                from: now,
                reported: false,
            });
            if !held.reported && now - held.from >= HELD_LONG {
                held.reported = true;
                match &mut found.late {
                    Some(late) => late.more += 1,
                    None => {
                        found.late = Some(Late {
                            generation,
                            age: now - since,
                            more: 0,
                        });
                    }
                }
            }
            self.held.push(held);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(10);
    const FIRST: Generation = Generation::FIRST;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn value_counts_as_held_when_its_grace_is_over() {
        let mut leaks = LeakMonitor::new(GRACE);
        let values = [(FIRST, at(5)), (FIRST.next(), at(8))];
        let left = leaks.check(at(14), values);
        assert_eq!((left.held, left.next), (false, Some(at(15))));
        let left = leaks.check(at(15), values);
        assert_eq!((left.held, left.next), (true, Some(at(18))));
        let left = leaks.check(at(18), values);
        assert_eq!((left.held, left.next, left.late), (true, None, None));
        let left = leaks.check(at(18), []);
        assert_eq!((left.held, left.next, left.late), (false, None, None));
    }

    #[test]
    fn value_that_is_held_too_long_is_reported_once() {
        let mut leaks = LeakMonitor::new(GRACE);
        let [first, second, third] = [
            (FIRST, at(5)),
            (FIRST.next(), at(8)),
            (FIRST.next().next(), at(300)),
        ];
        let late = |leaks: &mut LeakMonitor, now, values: &[_]| {
            let left = leaks.check(at(now), values.iter().copied());
            left.late.map(|late| (late.generation, late.age, late.more))
        };
        for now in [5, 8, 15, 18, 74] {
            assert_eq!(late(&mut leaks, now, &[first, second]), None);
        }
        let reported = late(&mut leaks, 75, &[first, second]);
        assert_eq!(reported, Some((first.0, at(70), 0)));
        let reported = late(&mut leaks, 78, &[first, second]);
        assert_eq!(reported, Some((second.0, at(70), 0)));
        for now in [79, 299, 310, 369] {
            assert_eq!(late(&mut leaks, now, &[first, third]), None);
        }
        let reported = late(&mut leaks, 370, &[first, third]);
        assert_eq!(reported, Some((third.0, at(70), 0)));
    }

    #[test]
    fn minute_begins_when_only_readers_hold_the_value() {
        let mut leaks = LeakMonitor::new(GRACE);
        let values = [(FIRST, at(0)), (FIRST.next(), at(1))];
        assert_eq!(leaks.check(at(500), values).late, None);
        assert_eq!(leaks.check(at(559), values).late, None);
        let late = Late {
            generation: FIRST,
            age: at(560),
            more: 1,
        };
        assert_eq!(leaks.check(at(560), values).late, Some(late));
        assert_eq!(leaks.check(at(900), values).late, None);
    }
}
