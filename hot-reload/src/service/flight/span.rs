//! [`Span`]: a duration for people, in one unit.

use std::fmt;
use std::time::Duration;

/// A time as a whole number of at least 2 in the largest possible unit: `250 ms`, `42 s`, `3 min`, `47 h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        for (unit, name) in [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s")] {
            if seconds >= 2 * unit {
                return write!(f, "{} {name}", seconds / unit);
            }
        }
        match self.0.as_millis() {
            0 | 1 => write!(f, "{} µs", self.0.as_micros()),
            millis => write!(f, "{millis} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_shown_in_the_largest_unit_with_at_least_two() {
        let text = |millis| Span(Duration::from_millis(millis)).to_string();
        assert_eq!(text(0), "0 µs");
        assert_eq!(text(1), "1000 µs");
        assert_eq!(text(250), "250 ms");
        assert_eq!(text(1_999), "1999 ms");
        assert_eq!(text(2_000), "2 s");
        assert_eq!(text(119_999), "119 s");
        assert_eq!(text(120_000), "2 min");
        assert_eq!(text(2 * 3_600_000), "2 h");
        assert_eq!(text(47 * 3_600_000), "47 h");
        assert_eq!(text(48 * 3_600_000), "2 d");
    }
}
