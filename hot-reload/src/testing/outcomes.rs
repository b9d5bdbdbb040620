//! [`Outcomes`]: records the events of a service, and waits for an outcome.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

use crate::event::{Event, Outcome};
use crate::locks::lock;
use crate::service::Observer;

/// An observer that records the events of a service, for a test.
///
/// Cloning is cheap; all clones share one record. It keeps every event, so it is not for a program that runs long.
///
/// ```
/// use hot_reload::testing::{Memory, Outcomes};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), hot_reload::Error> {
/// let source = Memory::new(1);
/// let outcomes = Outcomes::new();
/// let builder = source.builder().validate(|number| if *number < 5 { Ok(()) } else { Err("too large") });
/// let (number, control) = builder.observe(outcomes.clone()).start().await?;
/// for next in [2, 7, 2] {
///     source.set(next);
///     let _ = control.reload().await;
/// }
/// assert_eq!(outcomes.words(), ["published", "published", "rejected", "unchanged"]);
/// # drop(number); Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Outcomes(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    record: Mutex<Record>,
    /// Wakes those who wait for an event.
    wake: Notify,
}

#[derive(Debug, Default)]
struct Record {
    events: Vec<Event>,
    /// The number of events that `wait_for` has passed.
    passed: usize,
}

impl Outcomes {
    /// Creates an empty record. Add a clone of it to a service by [`Builder::observe`](crate::Builder::observe).
    pub fn new() -> Self {
        Self::default()
    }

    /// All events so far, in order.
    pub fn events(&self) -> Vec<Event> {
        self.record().events.clone()
    }

    /// The outcomes of all loads and rollbacks so far, in order.
    pub fn outcomes(&self) -> Vec<Outcome> {
        self.record()
            .events
            .iter()
            .filter_map(Event::outcome)
            .cloned()
            .collect()
    }

    /// The words of all outcomes so far, such as `published`, for an `assert_eq!` of the sequence.
    pub fn words(&self) -> Vec<&'static str> {
        self.record()
            .events
            .iter()
            .filter_map(Event::outcome)
            .map(Outcome::as_str)
            .collect()
    }

    /// Removes all events. A later [`wait_for`](Self::wait_for) sees only new ones.
    pub fn clear(&self) {
        *self.record() = Record::default();
    }

    /// Waits for an outcome that `matches` accepts, and returns it. Each call continues after the outcome that the previous call
    /// returned. Outcomes that are already recorded count; those that do not match are skipped.
    ///
    /// It waits for ever if there is no such outcome; `tokio::time::timeout` bounds it.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: outcomes that did not match are skipped, all others stay.
    pub async fn wait_for(&self, mut matches: impl FnMut(&Outcome) -> bool) -> Outcome {
        loop {
            let woken = self.0.wake.notified();
            while let Some(event) = self.next() {
                if let Some(outcome) = event.outcome().filter(|outcome| matches(outcome)) {
                    return outcome.clone();
                }
            }
            woken.await;
        }
    }

    /// The next event that `wait_for` has not passed.
    fn next(&self) -> Option<Event> {
        let mut record = self.record();
        let event = record.events.get(record.passed)?.clone();
        record.passed += 1;
        Some(event)
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        lock(&self.0.record)
    }
}

impl Observer for Outcomes {
    fn on_event(&self, event: &Event) {
        self.record().events.push(event.clone());
        self.0.wake.notify_waiters();
    }
}
