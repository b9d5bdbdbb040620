//! The serialized form of an [`Explanation`].

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::explanation::Explanation;
use super::timeline::{Entry, EntryKind, Lost};
use crate::error::Error;
use crate::event::WatchState;
use crate::serialize::Rfc3339;
use crate::snapshot::Generation;
use crate::status::{Attempt, Status};
/// One entry. Each says when it happened last, as `at`; one that may repeat says when it happened `first`, and how many `times`.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Row<'e> {
    Load(&'e Attempt),
    Absent {
        at: Rfc3339,
    },
    Watch {
        from: Option<WatchState>,
        to: WatchState,
        error: Option<&'e Error>,
        at: Rfc3339,
        times: u32,
        first: Rfc3339,
    },
    Missed {
        at: Rfc3339,
    },
    Paused {
        at: Rfc3339,
    },
    Resumed {
        at: Rfc3339,
    },
    ProbationFailed {
        error: &'e Error,
        at: Rfc3339,
    },
    ProbationPassed {
        generation: Generation,
        at: Rfc3339,
    },
}

impl Explanation {
    fn row<'e>(&self, entry: &'e Entry) -> Row<'e> {
        let at = self.time_at(entry.at);
        match &entry.kind {
            EntryKind::Load(attempt) => Row::Load(attempt),
            EntryKind::Absent => Row::Absent { at },
            EntryKind::Watch(to) => Row::Watch {
                from: None,
                to: *to,
                error: None,
                at,
                times: 1,
                first: at,
            },
            EntryKind::Lost(lost) => {
                let Lost {
                    from,
                    to,
                    why,
                    times,
                    last,
                } = &**lost;
                Row::Watch {
                    from: Some(*from),
                    to: *to,
                    error: why.as_ref(),
                    at: self.time_at(*last),
                    times: *times,
                    first: at,
                }
            }
            EntryKind::Missed => Row::Missed { at },
            EntryKind::Paused => Row::Paused { at },
            EntryKind::Resumed => Row::Resumed { at },
            EntryKind::Failed(error) => Row::ProbationFailed { error, at },
            EntryKind::Proven(generation) => Row::ProbationPassed {
                generation: *generation,
                at,
            },
        }
    }

    /// The time of day at this time since the service was created, as far as the clock was not set in between.
    fn time_at(&self, since_start: Duration) -> Rfc3339 {
        let ago = self.now.saturating_sub(since_start);
        Rfc3339(self.at.checked_sub(ago).unwrap_or(self.at))
    }
}

/// The status, when it was requested, the entries with the oldest first, and the number of earlier ones that left the ring.
impl Serialize for Explanation {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Form<'e> {
            status: &'e Status,
            at: Rfc3339,
            evictions: u64,
            entries: Vec<Row<'e>>,
        }
        let form = Form {
            status: &self.status,
            at: Rfc3339(self.at),
            evictions: self.timeline.evictions(),
            entries: self
                .timeline
                .entries()
                .map(|entry| self.row(entry))
                .collect(),
        };
        form.serialize(to)
    }
}
