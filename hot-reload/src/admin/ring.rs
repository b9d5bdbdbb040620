//! [`Ring`]: the last events of a registry, numbered, for lists and streams.
//!
//! Readers have a cursor and no buffer of their own, so a slow one costs nothing and delays nobody.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::clock::time_of_day;
use crate::event::{Event, EventKind, Observer, Outcome};
use crate::locks::lock;
use crate::service::Registry;

/// The number of events that are kept. As many as a slow reader of a registry's events may be behind.
pub(super) const EVENTS: usize = 256;

/// An event as it is listed.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) kind: &'static str,
    /// Its JSON. An event itself may hold objects of the user.
    pub(super) json: Value,
}

/// Some events, in order.
pub(super) struct Page {
    /// The number of events before them that are not kept any more.
    pub(super) lost: u64,
    pub(super) entries: Vec<Entry>,
}

pub(super) struct Ring {
    entries: Mutex<Entries>,
    /// The id of the newest event.
    newest: watch::Sender<u64>,
}

struct Entries {
    /// The id before the first of this process.
    start: u64,
    list: VecDeque<Entry>,
}

impl Ring {
    /// Records the events of a registry from now on, until the ring is dropped.
    pub(super) fn of(registry: &Registry) -> Arc<Self> {
        let ring = Arc::new(Self::new(time_of_day()));
        registry.observe(Recorder(Arc::downgrade(&ring)));
        ring
    }

    /// The ids begin with the time in milliseconds, so that they are larger than those of an earlier process.
    fn new(now: SystemTime) -> Self {
        let age = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let start = u64::try_from(age.as_millis()).unwrap_or_default();
        Self {
            entries: Mutex::new(Entries {
                start,
                list: VecDeque::new(),
            }),
            newest: watch::Sender::new(start),
        }
    }

    fn record(&self, event: &Event) {
        if is_idle(event) {
            return;
        }
        let kind = event.kind.as_str();
        let mut json = match serde_json::to_value(event) {
            Ok(json) => json,
            Err(error) => json!({"kind": kind, "message": error.to_string()}),
        };
        let mut entries = lock(&self.entries);
        let id = self.newest() + 1;
        json["id"] = id.into();
        if entries.list.len() == EVENTS {
            entries.list.pop_front();
        }
        entries.list.push_back(Entry { id, kind, json });
        // Under the lock, so that no id is used twice.
        self.newest.send_replace(id);
    }

    /// The id of the newest event.
    pub(super) fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// Notified of each new event.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// The newest events.
    pub(super) fn last(&self, limit: usize) -> Page {
        let entries = lock(&self.entries);
        let skipped = entries.list.len().saturating_sub(limit);
        Page {
            lost: 0,
            entries: entries.list.iter().skip(skipped).cloned().collect(),
        }
    }

    /// The first events after this id. All events, if the id is of another process.
    pub(super) fn after(&self, since: u64, limit: usize) -> Page {
        let entries = lock(&self.entries);
        let is_ours = (entries.start..=self.newest()).contains(&since);
        let oldest = entries.list.front().map(|entry| entry.id);
        let lost = oldest.map_or(0, |oldest| oldest.saturating_sub(since.saturating_add(1)));
        let later = entries.list.iter();
        let later = later.filter(|entry| !is_ours || entry.id > since);
        Page {
            lost: if is_ours { lost } else { 0 },
            entries: later.take(limit).cloned().collect(),
        }
    }
}

/// Whether a load without a request found nothing new. A polled service has one in each interval.
fn is_idle(event: &Event) -> bool {
    let EventKind::Load {
        trigger, outcome, ..
    } = &event.kind
    else {
        return false;
    };
    let is_unchanged = match outcome {
        Outcome::Unchanged => true,
        Outcome::Published { .. }
        | Outcome::Rejected { .. }
        | Outcome::Failed { .. }
        | Outcome::Missing
        | Outcome::Held => false,
    };
    is_unchanged && !trigger.is_requested()
}

/// Weak, because a registry keeps its observers.
struct Recorder(Weak<Ring>);

impl Observer for Recorder {
    fn on_event(&self, event: &Event) {
        if let Some(ring) = self.0.upgrade() {
            ring.record(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::Trigger;

    fn event(kind: EventKind) -> Event {
        Event {
            target: "app".into(),
            source: None,
            at: UNIX_EPOCH,
            generation: None,
            value_revision: None,
            kind,
        }
    }

    fn load(trigger: Trigger, outcome: Outcome) -> EventKind {
        EventKind::Load {
            trigger,
            outcome,
            elapsed: Duration::ZERO,
            stages: Vec::new(),
            changed: None,
        }
    }

    fn ring(events: usize) -> Ring {
        let ring = Ring::new(UNIX_EPOCH + Duration::from_secs(1));
        for _ in 0..events {
            ring.record(&event(EventKind::Missed));
        }
        ring
    }

    fn ids(page: &Page) -> Vec<u64> {
        page.entries.iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn ids_continue_the_time_of_the_start() {
        let ring = ring(3);
        assert_eq!(ids(&ring.last(2)), [1002, 1003]);
        assert_eq!(ring.newest(), 1003);
        let json = &ring.last(1).entries[0].json;
        assert_eq!(
            (&json["id"], &json["kind"]),
            (&json!(1003), &json!("missed"))
        );
    }

    #[test]
    fn reader_gets_what_follows_its_cursor() {
        let ring = ring(5);
        let page = ring.after(1001, 3);
        assert_eq!((ids(&page), page.lost), (vec![1002, 1003, 1004], 0));
        assert!(ring.after(1005, 3).entries.is_empty());
        assert_eq!(ring.after(1000, 9).lost, 0);
    }

    #[test]
    fn slow_reader_loses_the_oldest_and_learns_how_many() {
        let ring = ring(EVENTS + 10);
        let page = ring.after(1003, 1);
        assert_eq!((ids(&page), page.lost), (vec![1011], 7));
        assert_eq!(ring.last(usize::MAX).entries.len(), EVENTS);
    }

    #[test]
    fn cursor_of_another_process_gets_all_events() {
        let ring = ring(2);
        for other in [0, 999, 1003, u64::MAX] {
            let page = ring.after(other, 9);
            assert_eq!((ids(&page), page.lost), (vec![1001, 1002], 0), "{other}");
        }
    }

    #[test]
    fn unchanged_load_is_recorded_only_if_somebody_requested_it() {
        let ring = ring(0);
        ring.record(&event(load(Trigger::Interval, Outcome::Unchanged)));
        assert!(ring.last(9).entries.is_empty());
        ring.record(&event(load(Trigger::Http, Outcome::Unchanged)));
        ring.record(&event(load(Trigger::Interval, Outcome::Missing)));
        let recorded = ring.last(9).entries;
        let outcomes = recorded.iter().map(|entry| &entry.json["outcome"]);
        assert_eq!(outcomes.collect::<Vec<_>>(), ["unchanged", "missing"]);
    }
}
