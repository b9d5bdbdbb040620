//! [`Explanation`]: the recent history of a service.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::span::Span;
use super::timeline::{Entry, EntryKind, Lost, Timeline};
use crate::event::WatchState;
use crate::status::{Attempt, Status};

/// The state of a service and its recent history: from [`Control::explain`](crate::Control::explain).
///
/// `Display` writes a report for a person. The first line is the present state, in the words of logs and events. The history
/// follows, the newest entry last. It shows no more of the content than errors do.
///
/// ```text
/// Config (app.toml): generation 2, data stale, watch trusted, last verified 3 min ago; rejected at stage decode: app.toml:4:8: …
///      2 d ago  published as generation 1 (startup; revision 5f1c09)
///      2 d ago  watch settling
///      2 d ago  watch trusted
///     47 h ago  published as generation 2 (watch; revision 8ab3e2)
///     47 h ago  unchanged (resync; revision 8ab3e2), 2817 times until 3 min ago
///      2 min ago  rejected at stage decode (watch, retry; revision 90ee41), 4 times until 12 s ago: app.toml:4:8: …
/// ```
#[derive(Debug, Clone)]
#[must_use = "an explanation has no effect"]
pub struct Explanation {
    pub(super) status: Status,
    /// When it was requested, as the time since the service was created.
    pub(super) now: Duration,
    /// When it was requested.
    #[cfg_attr(
        not(feature = "serde"),
        allow(dead_code, reason = "only the serialized form has it")
    )]
    pub(super) at: SystemTime,
    pub(super) last_good: Option<Duration>,
    pub(super) timeline: Timeline,
}

impl Explanation {
    /// The status of the service at the time of the request.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The recorded loads, the oldest first.
    pub fn attempts(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.timeline
            .entries()
            .filter_map(|entry| entry.kind.attempt())
    }

    /// The time since this moment.
    fn ago(&self, at: Duration) -> Ago {
        Ago(self.now.saturating_sub(at))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_now(f)?;
        let ages = self.timeline.entries().map(|entry| self.ago(entry.at));
        let ages: Vec<_> = ages.map(|age| age.to_string()).collect();
        let widths = ages.iter().map(|age| age.chars().count());
        let width = widths.max().unwrap_or_default();
        match self.timeline.evictions() {
            0 => {}
            1 => f.write_str("\n  1 earlier entry was dropped")?,
            more => write!(f, "\n  {more} earlier entries were dropped")?,
        }
        for (age, entry) in ages.iter().zip(self.timeline.entries()) {
            write!(f, "\n  {age:>width$}  ")?;
            self.fmt_entry(f, entry)?;
            if let EntryKind::Load(attempt) = &entry.kind {
                // The error already names the participant that refused.
                for vote in attempt.votes.iter().filter(|vote| vote.failure.is_some()) {
                    write!(f, "\n  {:width$}    {vote}", "")?;
                }
            }
        }
        Ok(())
    }
}

impl Explanation {
    /// Writes the line of the present state, and one for each thing that a person should know or do.
    fn fmt_now(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verified = match self.last_good {
            Some(at) => format!(", last verified {}", self.ago(at)),
            None => ", never verified".to_owned(),
        };
        self.status.fmt_state(f, &verified)?;
        for note in self.status.notes() {
            write!(f, "\n  {note}")?;
        }
        Ok(())
    }

    fn fmt_entry(&self, f: &mut fmt::Formatter<'_>, entry: &Entry) -> fmt::Result {
        match &entry.kind {
            EntryKind::Load(attempt) => self.fmt_attempt(f, attempt),
            EntryKind::Absent => f.write_str("no content; a second load confirms the removal"),
            EntryKind::Watch(to) => write!(f, "watch {to}"),
            EntryKind::Lost(lost) => self.fmt_lost(f, lost),
            EntryKind::Failed(error) => write!(f, "{error}"),
            EntryKind::Proven(generation) => {
                write!(f, "generation {generation} has passed its probation")
            }
            EntryKind::Paused => f.write_str("paused"),
            EntryKind::Resumed => f.write_str("resumed"),
            EntryKind::Missed => f.write_str("missed: the watch did not report this change"),
        }
    }

    fn fmt_attempt(&self, f: &mut fmt::Formatter<'_>, attempt: &Attempt) -> fmt::Result {
        write!(f, "{} (", attempt.outcome.without_error())?;
        for (number, cause) in attempt.causes().enumerate() {
            f.write_str(if number == 0 { "" } else { ", " })?;
            write!(f, "{cause}")?;
        }
        if let Some(revision) = &attempt.revision {
            write!(f, "; revision {revision}")?;
        }
        let slow = attempt
            .stages
            .iter()
            .filter(|(_, took)| *took >= SHORTEST_SHOWN);
        for (number, (stage, took)) in slow.enumerate() {
            f.write_str(if number == 0 { "; " } else { ", " })?;
            write!(f, "{stage} {}", Span(*took))?;
        }
        f.write_str(")")?;
        self.fmt_times(f, attempt.times, attempt.since_start)?;
        if let Some(hold) = &attempt.hold {
            write!(f, ": {hold}")?;
        }
        if let Some(error) = attempt.outcome.error() {
            write!(f, ": {error}")?;
        }
        if let Some(origin) = attempt.origin.filter(|_| attempt.outcome.is_current()) {
            write!(f, ": the value of generation {origin}")?;
        }
        if attempt.is_fallback
            && let Some(generation) = attempt.generation
        {
            write!(f, "; generation {generation} replaces the content")?;
        }
        if let Some(changed) = attempt.changed() {
            write!(f, "; changed {changed}")?;
        }
        Ok(())
    }

    fn fmt_lost(&self, f: &mut fmt::Formatter<'_>, lost: &Lost) -> fmt::Result {
        let Lost { from, to, .. } = lost;
        write!(f, "watch {to}")?;
        if from.is_open() && *from != WatchState::Settling {
            write!(f, ", was {from}")?;
        }
        self.fmt_times(f, lost.times, lost.last)?;
        match &lost.why {
            Some(why) => write!(f, ": {why}"),
            None => Ok(()),
        }
    }

    fn fmt_times(&self, f: &mut fmt::Formatter<'_>, times: u32, last: Duration) -> fmt::Result {
        match times {
            1 => Ok(()),
            _ => write!(f, ", {times} times until {}", self.ago(last)),
        }
    }
}

/// A shorter stage does not matter to a person.
const SHORTEST_SHOWN: Duration = Duration::from_millis(1);

struct Ago(Duration);

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 < SHORTEST_SHOWN {
            true => f.write_str("now"),
            false => write!(f, "{} ago", Span(self.0)),
        }
    }
}
