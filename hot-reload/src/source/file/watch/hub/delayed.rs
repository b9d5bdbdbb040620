//! [`Delayed`]: notifications that wait for a moment.
//!
//! Most writes end before a load could begin, and the end of a write has a notification of its own. So the notification of its
//! beginning waits for a moment, and a save leads to one load instead of two.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::source::file::watch::activity::Activity;

/// The notifications that a write has begun, and when they are due.
#[derive(Default)]
pub(super) struct Delayed {
    activities: Vec<Arc<Activity>>,
    /// When the first of them is due. The others are sent with it.
    due: Option<Instant>,
}

impl Delayed {
    pub(super) fn put(&mut self, activity: Arc<Activity>, now: Instant) {
        self.due.get_or_insert(now + MOMENT);
        self.activities.push(activity);
    }

    /// The time until a notification is due.
    pub(super) fn time_left(&self, now: Instant) -> Option<Duration> {
        let due = self.due?;
        Some(due.saturating_duration_since(now))
    }

    /// Sends all of them, if they are due. A source that was notified of an end meanwhile is not notified again.
    pub(super) fn notify(&mut self, now: Instant) {
        if self.time_left(now).is_none_or(|left| !left.is_zero()) {
            return;
        }
        self.due = None;
        for activity in self.activities.drain(..) {
            activity.notify();
        }
    }
}

/// Longer than a save takes, and shorter than a person notices.
const MOMENT: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::source::file::watch::event::{Change, Token};

    #[test]
    fn begun_write_is_notified_after_a_delay_unless_it_ends() {
        let (start, token) = (clock::now(), Token::next());
        let (slow, quick): (Arc<Activity>, Arc<Activity>) = Default::default();
        let mut delayed = Delayed::default();
        assert_eq!(delayed.time_left(start), None);
        for activity in [&slow, &quick] {
            assert!(activity.note(token, Change::Written, start));
            delayed.put(Arc::clone(activity), start);
        }
        assert_eq!(delayed.time_left(start), Some(MOMENT));
        assert!(quick.note(token, Change::Closed, start));
        quick.notify();
        delayed.notify(start);
        assert!(
            !slow.note(token, Change::Written, start),
            "it is due already"
        );
        delayed.notify(start + MOMENT);
        assert_eq!(delayed.time_left(start), None);
        assert!(slow.note(token, Change::Written, start), "it was notified");
    }
}
