//! [`Story`]: a ring of entries, in which a repetition takes no place of its own.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use super::cycle::Cycle;
use crate::error::Error;
use crate::event::WatchState;
use crate::snapshot::Generation;

/// The newest entries, the oldest of them first.
#[derive(Debug, Clone)]
pub(super) struct Story {
    entries: VecDeque<Entry>,
    capacity: usize,
    /// How many entries have fallen out.
    forgotten: u64,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// When it happened first, since the service was made.
    pub(super) at: Duration,
    pub(super) what: What,
}

/// The kind of an entry. Large variants are boxed, so that the ring of an idle service is small.
#[derive(Debug, Clone)]
pub(super) enum What {
    Load(Box<Cycle>),
    /// A load found no content, and a second load must confirm that.
    Absent,
    /// The watch is open, trusted, or not.
    Link(WatchState),
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
#[must_use = "it is to be dropped without a lock"]
pub(super) struct Fallen {
    #[allow(dead_code, reason = "it is there to be dropped")]
    entry: Option<Entry>,
    /// Whether the new entry is no repetition.
    pub(super) news: bool,
}

impl Story {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            capacity,
            forgotten: 0,
        }
    }

    pub(super) fn load_ended(&mut self, mut cycle: Box<Cycle>) -> Fallen {
        if let Some(entry) = self.entries.back_mut()
            && let What::Load(last) = &mut entry.what
            && cycle.repeats(last)
        {
            cycle.absorb(last);
            let at = entry.at;
            let what = What::Load(mem::replace(last, cycle));
            return Fallen::repeated(Some(Entry { at, what }));
        }
        self.push(cycle.since_start, What::Load(cycle))
    }

    pub(super) fn absent(&mut self, now: Duration) -> Fallen {
        self.push(now, What::Absent)
    }

    pub(super) fn failed(&mut self, now: Duration, error: &Error) -> Fallen {
        self.push(now, What::Failed(error.clone()))
    }

    pub(super) fn proven(&mut self, now: Duration, generation: Generation) -> Fallen {
        self.push(now, What::Proven(generation))
    }

    pub(super) fn paused(&mut self, now: Duration) -> Fallen {
        self.push(now, What::Paused)
    }

    pub(super) fn resumed(&mut self, now: Duration) -> Fallen {
        self.push(now, What::Resumed)
    }

    pub(super) fn missed(&mut self, now: Duration) -> Fallen {
        self.push(now, What::Missed)
    }

    pub(super) fn link(
        &mut self,
        now: Duration,
        from: WatchState,
        to: WatchState,
        why: Option<&Error>,
    ) -> Fallen {
        match to {
            // What comes of it is told.
            WatchState::Connecting => Fallen::repeated(None),
            WatchState::Down | WatchState::Parked => self.lost(now, from, to, why),
            _ => self.push(now, What::Link(to)),
        }
    }

    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// A watch that cannot be opened is tried again and again, with loads in between. For the same reason it is one entry, so
    /// that a long outage does not push out what was before it.
    fn lost(
        &mut self,
        now: Duration,
        from: WatchState,
        to: WatchState,
        why: Option<&Error>,
    ) -> Fallen {
        let mut backwards = self.entries.iter_mut().rev();
        let last = backwards.find_map(|entry| match &mut entry.what {
            What::Lost(lost) => Some(Some(lost)),
            What::Link(_) => Some(None),
            _ => None,
        });
        let text = |why: Option<&Error>| why.map(ToString::to_string);
        if let Some(Some(lost)) = last
            && lost.to == to
            && text(lost.why.as_ref()) == text(why)
        {
            lost.times = lost.times.saturating_add(1);
            lost.last = now;
            return Fallen::repeated(None);
        }
        let lost = Lost {
            from,
            to,
            why: why.cloned(),
            times: 1,
            last: now,
        };
        self.push(now, What::Lost(Box::new(lost)))
    }

    fn push(&mut self, at: Duration, what: What) -> Fallen {
        let entry = Entry { at, what };
        if self.capacity == 0 {
            return Fallen::repeated(Some(entry));
        }
        let full = self.entries.len() >= self.capacity;
        self.forgotten += u64::from(full);
        let fallen = if full { self.entries.pop_front() } else { None };
        self.entries.push_back(entry);
        Fallen {
            entry: fallen,
            news: true,
        }
    }
}

impl Fallen {
    fn repeated(entry: Option<Entry>) -> Self {
        Self { entry, news: false }
    }
}
