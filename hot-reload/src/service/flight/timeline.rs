//! [`Timeline`]: the ring of entries of the flight recorder. Repetitions share one entry.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::event::WatchState;
use crate::snapshot::Generation;
use crate::status::Attempt;

/// The newest entries, the oldest of them first.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    entries: VecDeque<Entry>,
    capacity: usize,
    /// The number of entries that left the ring.
    evictions: u64,
}

/// Something that happened.
#[derive(Debug, Clone)]
#[must_use = "it is to be dropped without a lock"]
pub(super) struct Entry {
    /// When it happened first, since the service was made.
    pub(super) at: Duration,
    pub(super) kind: EntryKind,
}

/// The kind of an entry. Large variants are boxed, so that the ring of an idle service is small.
#[derive(Debug, Clone)]
pub(super) enum EntryKind {
    Load(Arc<Attempt>),
    /// A load found no content, and a second load must confirm that.
    Absent,
    /// The watch is open, trusted, or not.
    Watch(WatchState),
    Lost(Box<Lost>),
    /// The heartbeat found a change that the watch had not reported.
    Missed,
    Paused,
    Resumed,
    /// The visible value has failed its probation, for this reason.
    Failed(Error),
    /// This value has passed its probation.
    Proven(Generation),
}

impl EntryKind {
    /// The recorded load, if this entry is one.
    pub(super) fn attempt(&self) -> Option<&Attempt> {
        if let Self::Load(attempt) = self {
            Some(attempt)
        } else {
            None
        }
    }
}

/// A watch that was lost, or could not be opened.
#[derive(Debug, Clone)]
pub(super) struct Lost {
    pub(super) from: WatchState,
    pub(super) to: WatchState,
    pub(super) why: Option<Error>,
    pub(super) times: u32,
    /// When it happened last.
    pub(super) last: Duration,
}

/// An entry that left the ring. Drop it without a lock, because its error may hold objects of the user.
pub(super) type Evicted = Option<Entry>;

impl Timeline {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            capacity,
            evictions: 0,
        }
    }

    /// Records a load. Returns its record, merged with the one before if both have the same result.
    pub(super) fn load_ended(&mut self, mut attempt: Attempt) -> (Arc<Attempt>, Evicted) {
        if let Some(entry) = self.entries.back_mut()
            && let EntryKind::Load(last) = &mut entry.kind
            && attempt.repeats(last)
        {
            attempt.absorb(last);
            let attempt = Arc::new(attempt);
            let kind = EntryKind::Load(mem::replace(last, Arc::clone(&attempt)));
            let at = entry.at;
            return (attempt, Some(Entry { at, kind }));
        }
        let attempt = Arc::new(attempt);
        let kind = EntryKind::Load(Arc::clone(&attempt));
        let evicted = self.push(attempt.since_start, kind);
        (attempt, evicted)
    }

    pub(super) fn absent(&mut self, now: Duration) -> Evicted {
        self.push(now, EntryKind::Absent)
    }

    pub(super) fn failed(&mut self, now: Duration, error: &Error) -> Evicted {
        self.push(now, EntryKind::Failed(error.clone()))
    }

    pub(super) fn proven(&mut self, now: Duration, generation: Generation) -> Evicted {
        self.push(now, EntryKind::Proven(generation))
    }

    pub(super) fn paused(&mut self, now: Duration) -> Evicted {
        self.push(now, EntryKind::Paused)
    }

    pub(super) fn resumed(&mut self, now: Duration) -> Evicted {
        self.push(now, EntryKind::Resumed)
    }

    pub(super) fn missed(&mut self, now: Duration) -> Evicted {
        self.push(now, EntryKind::Missed)
    }

    pub(super) fn watch_changed(
        &mut self,
        now: Duration,
        from: WatchState,
        to: WatchState,
        why: Option<&Error>,
    ) -> Evicted {
        match to {
            // The state that follows gets an entry.
            WatchState::Connecting => None,
            WatchState::Down | WatchState::Parked => self.lost(now, from, to, why),
            WatchState::Off
            | WatchState::Settling
            | WatchState::Trusted
            | WatchState::Untrusted => self.push(now, EntryKind::Watch(to)),
        }
    }

    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(super) fn evictions(&self) -> u64 {
        self.evictions
    }

    /// Records a lost watch. Failed attempts to reopen it share one entry while the reason is the same, so that a long outage
    /// evicts nothing.
    fn lost(
        &mut self,
        now: Duration,
        from: WatchState,
        to: WatchState,
        why: Option<&Error>,
    ) -> Evicted {
        let mut backwards = self.entries.iter_mut().rev();
        let last = backwards.find_map(|entry| match &mut entry.kind {
            EntryKind::Lost(lost) => Some(Some(lost)),
            EntryKind::Watch(_) => Some(None),
            EntryKind::Load(_)
            | EntryKind::Absent
            | EntryKind::Missed
            | EntryKind::Paused
            | EntryKind::Resumed
            | EntryKind::Failed(_)
            | EntryKind::Proven(_) => None,
        });
        let text = |why: Option<&Error>| why.map(ToString::to_string);
        if let Some(Some(lost)) = last
            && lost.to == to
            && text(lost.why.as_ref()) == text(why)
        {
            lost.times = lost.times.saturating_add(1);
            lost.last = now;
            return None;
        }
        let lost = Lost {
            from,
            to,
            why: why.cloned(),
            times: 1,
            last: now,
        };
        self.push(now, EntryKind::Lost(Box::new(lost)))
    }

    fn push(&mut self, at: Duration, kind: EntryKind) -> Evicted {
        let entry = Entry { at, kind };
        if self.capacity == 0 {
            return Some(entry);
        }
        let full = self.entries.len() >= self.capacity;
        self.evictions += u64::from(full);
        let evicted = if full { self.entries.pop_front() } else { None };
        self.entries.push_back(entry);
        evicted
    }
}
