//! Whether a file is at rest: nobody is known to be writing, and it was not touched just now.
//!
//! There is no fixed delay. If the kernel says who has a file open for writing, only that counts. Otherwise, a file that was
//! renamed or closed is read as soon as the event of a further write would have come. A load only waits for a file that is
//! being written, or whose origin no event has shown. [`Writing`](crate::source::file::watch::writing::Writing) measures how
//! long.

use std::time::{Duration, Instant, SystemTime};

use super::proof::Proof;
use super::stamp::{Stamp, YOUNG};
use crate::source::file::os::{self, SETTLED_AFTER};
use crate::source::file::watch::writes::{Seen, Write};
use crate::source::file::watch::writing::Evidence;

/// The time to wait before reading, and the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) time: Duration,
    /// The evidence that somebody writes. `None`: the file was touched too recently.
    pub(crate) writer: Option<Evidence>,
}

impl Wait {
    fn for_writer(evidence: Evidence, time: Duration) -> Self {
        Self {
            time,
            writer: Some(evidence),
        }
    }

    fn for_rest(time: Duration) -> Self {
        Self { time, writer: None }
    }
}

/// The time to wait before reading a file that had the stamp `before` when it was accepted last. `None`: read now.
pub(crate) fn wait(
    seen: Option<&Seen>,
    before: Option<&Stamp>,
    stamp: &Stamp,
    proof: Proof,
    now: Instant,
    wall: SystemTime,
) -> Option<Wait> {
    match proof {
        // An empty file may have a creator that does not count as a writer yet.
        Proof::AtRest if stamp.size > 0 => None,
        Proof::BeingWritten { again } => Some(Wait::for_writer(Evidence::Open, again)),
        Proof::NeverClosed => stamp.until(SETTLED_AFTER, wall).map(Wait::for_rest),
        Proof::AtRest | Proof::None | Proof::Withheld => {
            if os::CLOSES
                && proof != Proof::AtRest
                && seen.is_some_and(|seen| unclosed(seen, stamp))
            {
                return Some(Wait::for_writer(Evidence::Unclosed, SETTLED_AFTER));
            }
            let unseen = match before {
                Some(before) if !before.same_inode(stamp) => YOUNG,
                _ if proof == Proof::Withheld => UNSEEN,
                _ => YOUNG,
            };
            guess(seen, stamp, unseen, now, wall).map(Wait::for_rest)
        }
    }
}

/// Whether events reported a write, and not yet that its writer closed the file.
pub(crate) fn unclosed(seen: &Seen, stamp: &Stamp) -> bool {
    let mut writes = seen.writes.iter();
    // Programs also create a name for a finished file, with `ln`. But an empty file is about to be written.
    writes.any(|write| !write.only_created || (stamp.size == 0 && stamp.links < 2))
}

/// The time for which the file still has to be untouched, by the option `settle`. The option is for writers that close the file
/// after each part and open it again for the next one.
pub(crate) fn settle(stamp: &Stamp, settle: Duration, wall: SystemTime) -> Option<Duration> {
    if settle.is_zero() {
        return None;
    }
    stamp.until(settle, wall)
}

/// The longest wait of a load for all reasons but a writer, with this time without a touch.
pub(crate) fn max_wait(settle: Duration) -> Duration {
    MAX_WAIT + settle
}

/// The time to wait, from the events and the age of the file alone. Without events about its origin, the file has to be
/// `unseen` old.
fn guess(
    seen: Option<&Seen>,
    stamp: &Stamp,
    unseen: Duration,
    now: Instant,
    wall: SystemTime,
) -> Option<Duration> {
    let Some(seen) = seen else {
        return stamp.until(unseen, wall);
    };
    let writing = seen
        .writes
        .iter()
        // A name that was added to a finished file, as `ln` does.
        .filter(|write| !(write.only_created && stamp.links > 1))
        .filter_map(|write| remaining(write, now))
        .max();
    // Many programs empty a file before they write it. Its earlier content may be unknown.
    let emptied = (stamp.size == 0)
        .then(|| stamp.until(EMPTY, wall))
        .flatten();
    if let Some(rest) = writing.max(emptied) {
        return Some(rest);
    }
    // The next writer may have begun, and its event may be on its way.
    if seen.complete.is_some() {
        return stamp.until(EVENT_DELAY, wall);
    }
    // Writers that exceeded the longest wait do not count any more, and neither does the age.
    if !seen.writes.is_empty() {
        return None;
    }
    stamp.until(unseen, wall)
}

/// The time until the write has been quiet for long enough, or has gone on for too long.
fn remaining(write: &Write, now: Instant) -> Option<Duration> {
    let until = (write.last + SETTLED_AFTER).min(write.first + MAX_WAIT);
    until
        .checked_duration_since(now)
        .filter(|rest| !rest.is_zero())
}

/// The longest wait of a load for an untouched file. Then it takes what is stable, because a file that is rewritten without
/// end has to be readable too.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// On a busy machine, bytes of a file system that a process serves are visible this long before their event.
const EVENT_DELAY: Duration = Duration::from_millis(10);

/// The time without a touch if the kernel hides writers from this user and the file is new or changed in place. A writer
/// pauses for less between two parts of a file, and a load may take as long.
const UNSEEN: Duration = MAX_WAIT;

/// An empty file counts as finished when it has been untouched for this long.
const EMPTY: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::super::stamp::Kind;
    use super::*;
    use crate::clock;
    use crate::source::file::watch::activity::Activity;
    use crate::source::file::watch::event::{Change, Token};
    use crate::source::file::watch::options::MAX_SETTLE;

    const OLD: Stamp = Stamp {
        dev: 1,
        ino: 1,
        size: 1,
        modified: 1,
        changed: 1,
        mode: 0,
        links: 1,
        kind: Kind::File,
    };

    /// Written this very moment.
    const WALL: Duration = Duration::from_secs(100);
    const NEW: Stamp = Stamp {
        modified: 100_000_000_000,
        ..OLD
    };

    fn after(changes: &[Change], later: Duration, stamp: Stamp) -> Option<Duration> {
        Some(wait_after(changes, Proof::None, later, stamp)?.time)
    }

    fn wait_after(changes: &[Change], proof: Proof, later: Duration, stamp: Stamp) -> Option<Wait> {
        let (activity, token, start) = (Activity::default(), Token::next(), clock::now());
        for change in changes {
            activity.note(token, *change, start);
        }
        let (now, wall) = (start + later, UNIX_EPOCH + WALL);
        wait(Some(&activity.seen()), None, &stamp, proof, now, wall)
    }

    #[test]
    fn complete_file_is_read_after_the_delay_of_an_event() {
        let saved = [Change::Created, Change::Written, Change::Closed];
        for changes in [&[Change::Arrived][..], &saved] {
            assert_eq!(after(changes, Duration::ZERO, NEW), Some(EVENT_DELAY));
            assert_eq!(after(changes, Duration::ZERO, OLD), None);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn p05_written_file_is_waited_for_until_it_is_closed() {
        let writing = [Change::Created, Change::Written];
        let evidence = |changes: &[Change], proof, later, stamp| {
            wait_after(changes, proof, later, stamp).map(|wait| wait.writer)
        };
        for later in [Duration::ZERO, SETTLED_AFTER, Duration::from_secs(9)] {
            for proof in [Proof::None, Proof::Withheld] {
                let waits = evidence(&writing, proof, later, OLD);
                assert_eq!(waits, Some(Some(Evidence::Unclosed)), "{proof:?} {later:?}");
            }
        }
        let closed = [Change::Created, Change::Written, Change::Closed];
        assert_eq!(evidence(&closed, Proof::None, SETTLED_AFTER, OLD), None);
        // Of a name alone it is known only if nothing is in it yet.
        let empty = Stamp { size: 0, ..OLD };
        let made = |stamp| evidence(&[Change::Created], Proof::None, SETTLED_AFTER, stamp);
        assert_eq!(made(empty), Some(Some(Evidence::Unclosed)));
        assert_eq!(made(OLD), None);
        assert_eq!(made(Stamp { links: 2, ..empty }), None);
        // The kernel's word outweighs events, and a writer beyond the longest wait is ignored.
        for proof in [Proof::AtRest, Proof::NeverClosed] {
            assert_eq!(
                evidence(&writing, proof, SETTLED_AFTER, OLD),
                None,
                "{proof:?}"
            );
        }
    }

    #[test]
    fn p05_unseen_change_must_be_older_if_the_kernel_hides_writers() {
        let age = |before: Option<Stamp>, proof| {
            let (now, wall) = (clock::now(), UNIX_EPOCH + WALL);
            wait(None, before.as_ref(), &NEW, proof, now, wall).map(|wait| wait.time)
        };
        let another = Stamp { ino: 2, ..OLD };
        assert_eq!(age(None, Proof::Withheld), Some(UNSEEN));
        assert_eq!(age(Some(OLD), Proof::Withheld), Some(UNSEEN));
        assert_eq!(age(Some(another), Proof::Withheld), Some(YOUNG));
        assert_eq!(age(None, Proof::None), Some(YOUNG));
    }

    #[test]
    fn writer_without_pauses_is_waited_for_up_to_the_bound() {
        let (activity, token, start) = (Activity::default(), Token::next(), clock::now());
        activity.note(token, Change::Written, start);
        activity.note(token, Change::Written, start + MAX_WAIT);
        let seen = activity.seen();
        let left = |now| guess(Some(&seen), &OLD, YOUNG, now, UNIX_EPOCH + WALL);
        assert_eq!(left(start + MAX_WAIT), None);
        assert!(left(start + MAX_WAIT - Duration::from_millis(1)).is_some());
    }

    #[test]
    fn settle_waits_until_the_file_is_untouched() {
        let (wall, second) = (UNIX_EPOCH + WALL, Duration::from_secs(1));
        let later = |milliseconds| wall + Duration::from_millis(milliseconds);
        assert_eq!(settle(&NEW, second, wall), Some(second));
        assert_eq!(settle(&NEW, second, later(999)), Some(second / 1000));
        assert_eq!(settle(&NEW, second, later(1000)), None);
        assert_eq!(settle(&NEW, Duration::ZERO, wall), None, "nobody asked");
        let touched = Stamp {
            changed: NEW.modified + 500_000_000,
            ..NEW
        };
        assert_eq!(settle(&touched, second, later(1000)), Some(second / 2));
        // Its time says nothing about now.
        let ahead = Stamp {
            modified: 2 * NEW.modified,
            ..NEW
        };
        assert_eq!(settle(&ahead, second, wall), None);
    }

    #[test]
    fn settle_is_bounded_below_the_load_deadline() {
        assert_eq!(max_wait(Duration::ZERO), MAX_WAIT);
        assert!(max_wait(MAX_SETTLE) < Duration::from_secs(10), "one load");
    }

    #[test]
    fn another_name_of_a_finished_file_is_no_write() {
        let linked = Stamp { links: 2, ..OLD };
        assert_eq!(after(&[Change::Created], Duration::ZERO, linked), None);
        assert!(after(&[Change::Created], Duration::ZERO, OLD).is_some());
    }

    #[test]
    fn young_file_of_unknown_origin_is_waited_for() {
        assert!(after(&[], Duration::ZERO, NEW).is_some());
        assert_eq!(after(&[], Duration::ZERO, OLD), None);
        assert!(guess(None, &NEW, YOUNG, clock::now(), UNIX_EPOCH + WALL).is_some());
    }

    fn knowing(proof: Proof, stamp: Stamp) -> Option<Duration> {
        let (activity, start) = (Activity::default(), clock::now());
        activity.note(Token::next(), Change::Written, start);
        let seen = activity.seen();
        let waits = wait(Some(&seen), None, &stamp, proof, start, UNIX_EPOCH + WALL);
        waits.map(|wait| wait.time)
    }

    #[test]
    fn kernel_outweighs_events() {
        assert_eq!(knowing(Proof::None, NEW), Some(SETTLED_AFTER));
        assert_eq!(knowing(Proof::AtRest, NEW), None);
        let again = Duration::from_millis(1);
        assert_eq!(
            knowing(Proof::BeingWritten { again }, OLD),
            Some(again),
            "however long ago the last byte was"
        );
    }

    #[test]
    fn empty_file_without_a_writer_is_waited_for() {
        let made = Stamp { size: 0, ..NEW };
        assert_eq!(knowing(Proof::AtRest, made), Some(SETTLED_AFTER));
    }

    #[test]
    fn emptied_and_closed_file_is_waited_for() {
        let emptied = Stamp { size: 0, ..NEW };
        let saved = [Change::Created, Change::Closed];
        assert_eq!(after(&saved, Duration::ZERO, emptied), Some(EMPTY));
        let long_empty = Stamp { size: 0, ..OLD };
        assert_eq!(after(&saved, Duration::ZERO, long_empty), None);
    }

    #[test]
    fn never_closed_file_is_read_when_its_writer_pauses() {
        assert_eq!(knowing(Proof::NeverClosed, NEW), Some(SETTLED_AFTER));
        assert_eq!(knowing(Proof::NeverClosed, OLD), None);
    }
}
