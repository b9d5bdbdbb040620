//! [`Overdue`]: when replaced values come of age, and which of them are held for too long; pure, and told what time it is.

use std::time::Duration;

use super::settings::HELD_LONG;
use crate::snapshot::Generation;

/// Watches over the replaced values that are not freed.
#[derive(Debug)]
pub(super) struct Overdue {
    /// How long a value is kept at least.
    grace: Duration,
    /// The newest that was told to be held for too long.
    told: Option<Generation>,
}

/// What there is to be done about them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// Whether somebody holds one that is of age.
    pub(super) held: bool,
    /// When the next one comes of age.
    pub(super) next: Option<Duration>,
    /// What is to be told.
    pub(super) late: Option<Late>,
}

/// Somebody holds a value for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Late {
    pub(super) generation: Generation,
    /// How long ago it was replaced.
    pub(super) age: Duration,
    /// How many others there are to be told of, all younger.
    pub(super) more: usize,
}

impl Overdue {
    pub(super) fn new(grace: Duration) -> Self {
        Self { grace, told: None }
    }

    /// Whether a value that was replaced at this time may be freed.
    pub(super) fn is_of_age(grace: Duration, now: Duration, since: Duration) -> bool {
        since + grace <= now
    }

    /// Looks at those that are left, and when each was replaced, the oldest first.
    pub(super) fn look(
        &mut self,
        now: Duration,
        left: impl IntoIterator<Item = (Generation, Duration)>,
    ) -> Left {
        let mut found = Left {
            held: false,
            next: None,
            late: None,
        };
        for (generation, since) in left {
            if !Self::is_of_age(self.grace, now, since) {
                // Those that follow come later.
                found.next = Some(since + self.grace);
                break;
            }
            found.held = true;
            let is_late = Self::is_of_age(self.grace + HELD_LONG, now, since);
            if is_late && self.told < Some(generation) {
                self.told = Some(generation);
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
    fn a_value_comes_of_age_when_its_grace_is_over() {
        let mut overdue = Overdue::new(GRACE);
        let values = [(FIRST, at(5)), (FIRST.next(), at(8))];
        let left = overdue.look(at(14), values);
        assert_eq!((left.held, left.next), (false, Some(at(15))));
        let left = overdue.look(at(15), values);
        assert_eq!((left.held, left.next), (true, Some(at(18))));
        let left = overdue.look(at(18), values);
        assert_eq!((left.held, left.next, left.late), (true, None, None));
        let left = overdue.look(at(18), []);
        assert_eq!((left.held, left.next, left.late), (false, None, None));
    }

    #[test]
    fn each_value_that_is_held_for_too_long_is_told_once() {
        let mut overdue = Overdue::new(GRACE);
        let [first, second, third] = [
            (FIRST, at(5)),
            (FIRST.next(), at(8)),
            (FIRST.next().next(), at(300)),
        ];
        let late = |overdue: &mut Overdue, now, values: &[_]| {
            let left = overdue.look(at(now), values.iter().copied());
            left.late.map(|late| (late.generation, late.age, late.more))
        };
        assert_eq!(late(&mut overdue, 74, &[first, second]), None);
        let told = late(&mut overdue, 75, &[first, second]);
        assert_eq!(told, Some((first.0, at(70), 0)));
        let told = late(&mut overdue, 90, &[first, second]);
        assert_eq!(told, Some((second.0, at(82), 0)));
        assert_eq!(late(&mut overdue, 299, &[first, second]), None);
        assert_eq!(late(&mut overdue, 369, &[first, third]), None);
        assert_eq!(
            late(&mut overdue, 370, &[first, third]),
            Some((third.0, at(70), 0))
        );

        let mut overdue = Overdue::new(GRACE);
        let told = late(&mut overdue, 400, &[first, second, third]);
        assert_eq!(told, Some((first.0, at(395), 2)));
        assert_eq!(late(&mut overdue, 500, &[first, second, third]), None);
    }
}
