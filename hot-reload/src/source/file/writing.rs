//! [`Writing`]: for how long a source has been waiting for whoever writes its files.
//!
//! The wait may take longer than a load: each load that finds it going on answers that the source is not ready, and the
//! next one goes on counting.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::stamp::Stamp;
use crate::status::Hold;

/// What says that somebody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// The system: somebody has the file open for writing.
    Open,
    /// An event: it was written to, and no event has said that it was closed.
    Unclosed,
}

/// A write that is going on.
#[derive(Debug, Clone)]
pub(crate) struct Writing {
    since: SystemTime,
    /// For how long it was waited for.
    spent: Duration,
    /// For how long of that no event has told of a further byte.
    still: Duration,
    last_write: Option<Instant>,
    mark: Instant,
}

/// What follows from that for a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It is waited for within this load, for so much longer at most.
    Within(Duration),
    /// The load ends without a value.
    Beyond,
    /// It was waited for long enough.
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

    /// It was found to go on. Time that this process was not there for does not count: a writer whom nobody could see was
    /// not waited for either.
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

    /// Whether to wait for it still, if that is done for so long at most.
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

    /// What the source says of it.
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

/// Whether nothing was written for so long that a writer who still has the file open need not be waited for.
pub(crate) fn is_abandoned(stamp: &Stamp, longest: Duration, wall: SystemTime) -> bool {
    stamp.is_older_than(longest, wall)
}

/// How long a writer is waited for that the system knows of, unless told otherwise: a copy of some gigabytes over a slow
/// network is done by then, and one that hangs does not keep an edit back for longer than an operator's patience.
pub(crate) const LONGEST: Duration = Duration::from_secs(60);

/// How long an event that says "closed" is waited for after the last one that said "written". It is evidence of less: a
/// file cut to a length by its path is never closed. Longer than a program pauses between two parts of a file.
pub(crate) const UNCLOSED: Duration = Duration::from_secs(10);

/// How long a load waits by itself: most writes are over by then, and it stays well below a load's deadline.
pub(crate) const WITHIN: Duration = Duration::from_secs(2);

/// After which time a load finds the end of a write that was not announced.
pub(crate) const AGAIN: Duration = Duration::from_secs(1);

/// The most that counts of the time between two questions. More than [`AGAIN`], and what else a busy machine takes.
const LAPSE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::clock;

    const SECOND: Duration = Duration::from_secs(1);

    /// Asked once a second for so long; `writes` is the number of the last event that said "written", by the second.
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
    fn p05_a_writer_that_has_the_file_open_is_waited_for_for_a_minute() {
        let patience = |seconds| after(seconds, |_| 0).patience(Evidence::Open, LONGEST);
        assert_eq!(patience(0), Patience::Within(WITHIN));
        assert_eq!(patience(1), Patience::Within(SECOND));
        assert_eq!(patience(2), Patience::Beyond);
        assert_eq!(patience(59), Patience::Beyond);
        assert_eq!(patience(60), Patience::Over);
    }

    #[test]
    fn p05_a_write_without_its_close_is_waited_for_until_ten_seconds_pass_without_another() {
        let once = |seconds| after(seconds, |_| 0).patience(Evidence::Unclosed, LONGEST);
        assert_eq!(once(9), Patience::Beyond);
        assert_eq!(once(10), Patience::Over);
        // One part every five seconds.
        let parts =
            |seconds| after(seconds, |second| second / 5 * 5).patience(Evidence::Unclosed, LONGEST);
        assert_eq!(parts(59), Patience::Beyond);
        assert_eq!(parts(60), Patience::Over, "but not for ever");
    }

    #[test]
    fn a_shorter_wait_bounds_both() {
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
    fn a_process_that_was_stopped_has_not_waited() {
        let start = clock::now();
        let mut writing = Writing::new(start, UNIX_EPOCH, None);
        writing.goes_on(start + 600 * SECOND, None);
        assert_eq!(
            writing.patience(Evidence::Open, LONGEST),
            Patience::Beyond,
            "it counts as {LAPSE:?}"
        );
    }

    #[test]
    fn a_hold_says_what_is_waited_for_and_what_ends_it() {
        let writing = after(5, |_| 0);
        let hold = |evidence| writing.hold(Path::new("/etc/app.toml"), evidence, LONGEST);
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
