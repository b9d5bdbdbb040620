//! [`Writing`]: how long a source has been waiting for the writers of its files.
//!
//! The wait may span several loads: each load that finds the write unfinished ends as held, and the next one goes on
//! counting.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::status::Hold;

/// The evidence that somebody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// The kernel says that somebody has the file open for writing.
    Open,
    /// An event said "written", and none has said "closed".
    Unclosed,
}

/// An unfinished write, and the wait for its end.
#[derive(Debug, Clone)]
pub(crate) struct Writing {
    since: SystemTime,
    /// The time waited so far.
    spent: Duration,
    /// The part of it since the last event that reported a write.
    still: Duration,
    last_write: Option<Instant>,
    mark: Instant,
}

/// The decision of a load about an unfinished write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Wait within this load, at most this much longer.
    Within(Duration),
    /// End the load as held.
    Beyond,
    /// The wait was long enough: load the file as it is.
    Over,
}

impl Writing {
    pub(crate) fn new(now: Instant, wall: SystemTime, last_write: Option<Instant>) -> Self {
        Self {
            since: wall,
            spent: Duration::ZERO,
            still: Duration::ZERO,
            last_write,
            mark: now,
        }
    }

    /// Counts the time since the last check, at most [`LAPSE`]: time in which this process was stopped does not count as
    /// waiting.
    pub(crate) fn goes_on(&mut self, now: Instant, last_write: Option<Instant>) {
        let lapse = now.saturating_duration_since(self.mark).min(LAPSE);
        self.mark = now;
        self.spent += lapse;
        self.still = match self.last_write == last_write {
            true => self.still + lapse,
            false => Duration::ZERO,
        };
        self.last_write = last_write;
    }

    /// Whether to go on waiting, with this longest wait.
    pub(crate) fn patience(&self, evidence: Evidence, longest: Duration) -> Patience {
        let over = match evidence {
            Evidence::Open => false,
            Evidence::Unclosed => self.still >= UNCLOSED.min(longest),
        };
        match WITHIN.checked_sub(self.spent) {
            _ if over || self.spent >= longest => Patience::Over,
            Some(left) if !left.is_zero() => Patience::Within(left.min(longest - self.spent)),
            _ => Patience::Beyond,
        }
    }

    /// The hold for the status.
    pub(crate) fn hold(&self, path: &Path, evidence: Evidence, longest: Duration) -> Hold {
        let path = path.display();
        let message = match evidence {
            Evidence::Open => format!(
                "{path} is open for writing: it is loaded when its writer closes it, or has had it open for {longest:?}"
            ),
            Evidence::Unclosed => format!(
                "{path} was written to and not closed: it is loaded when its writer closes it, or has not written for {:?}",
                UNCLOSED.min(longest)
            ),
        };
        Hold::being_written(self.since, message)
    }
}

/// The default of the longest wait for a writer that the kernel knows of. A copy of some gigabytes over a slow network
/// takes less, and a hung one does not block an edit for too long.
pub(crate) const MAX_WRITER_WAIT: Duration = Duration::from_secs(60);

/// The longest wait for the event "closed" after the last event "written". Such events are weaker evidence: a file
/// truncated by its path is never closed. A program pauses for less between two parts of a file.
pub(crate) const UNCLOSED: Duration = Duration::from_secs(10);

/// The longest wait for a writer within one load. Most writes take less, and a load's deadline is much longer.
pub(crate) const WITHIN: Duration = Duration::from_secs(2);

/// The time until the next load while the file is held: it finds the end of a write without an event.
pub(crate) const AGAIN: Duration = Duration::from_secs(1);

/// The most that counts of the time between two checks. It allows for [`AGAIN`] and the delays of a busy machine.
const LAPSE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::clock;

    const SECOND: Duration = Duration::from_secs(1);

    /// A write checked once a second for this long. `writes` gives the number of the last event "written", by the second.
    fn after(seconds: u32, writes: impl Fn(u32) -> u32) -> Writing {
        let start = clock::now();
        let write = |second| Some(start + SECOND * writes(second));
        let mut writing = Writing::new(start, UNIX_EPOCH, write(0));
        for second in 1..=seconds {
            writing.goes_on(start + SECOND * second, write(second));
        }
        writing
    }

    #[test]
    fn p05_open_writer_is_waited_for_a_minute() {
        let patience = |seconds| after(seconds, |_| 0).patience(Evidence::Open, MAX_WRITER_WAIT);
        assert_eq!(patience(0), Patience::Within(WITHIN));
        assert_eq!(patience(1), Patience::Within(SECOND));
        assert_eq!(patience(2), Patience::Beyond);
        assert_eq!(patience(59), Patience::Beyond);
        assert_eq!(patience(60), Patience::Over);
    }

    #[test]
    fn p05_unclosed_write_is_waited_for_until_10_s_without_a_write() {
        let once = |seconds| after(seconds, |_| 0).patience(Evidence::Unclosed, MAX_WRITER_WAIT);
        assert_eq!(once(9), Patience::Beyond);
        assert_eq!(once(10), Patience::Over);
        // One part every five seconds.
        let parts = |seconds| {
            after(seconds, |second| second / 5 * 5).patience(Evidence::Unclosed, MAX_WRITER_WAIT)
        };
        assert_eq!(parts(59), Patience::Beyond);
        assert_eq!(parts(60), Patience::Over, "but not for ever");
    }

    #[test]
    fn shorter_longest_wait_bounds_both_kinds_of_evidence() {
        for evidence in [Evidence::Open, Evidence::Unclosed] {
            let patience = |seconds| after(seconds, |_| 0).patience(evidence, 3 * SECOND);
            assert_eq!(patience(0), Patience::Within(WITHIN));
            assert_eq!(patience(2), Patience::Beyond);
            assert_eq!(patience(3), Patience::Over);
        }
        let none = after(0, |_| 0).patience(Evidence::Open, Duration::ZERO);
        assert_eq!(none, Patience::Over);
    }

    #[test]
    fn time_while_the_process_was_stopped_does_not_count() {
        let start = clock::now();
        let mut writing = Writing::new(start, UNIX_EPOCH, None);
        writing.goes_on(start + 600 * SECOND, None);
        assert_eq!(
            writing.patience(Evidence::Open, MAX_WRITER_WAIT),
            Patience::Beyond,
            "it counts as {LAPSE:?}"
        );
    }

    #[test]
    fn hold_names_the_file_and_its_end() {
        let writing = after(5, |_| 0);
        let hold = |evidence| writing.hold(Path::new("/etc/app.toml"), evidence, MAX_WRITER_WAIT);
        assert_eq!(
            hold(Evidence::Open).message,
            "/etc/app.toml is open for writing: it is loaded when its writer closes it, or has had it open for 60s"
        );
        assert_eq!(
            hold(Evidence::Unclosed).message,
            "/etc/app.toml was written to and not closed: it is loaded when its writer closes it, or has not written for 10s"
        );
        assert_eq!(hold(Evidence::Open).since, UNIX_EPOCH);
    }
}
