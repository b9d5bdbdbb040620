//! [`Later`]: those who need not know yet.
//!
//! Most writes end before anybody could look at them, and their end is announced. So their beginning is kept back for a
//! moment, and a save leads to one look instead of two.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::source::file::watch::activity::Activity;

/// Who is to be told that somebody has begun to write, and when.
#[derive(Default)]
pub(super) struct Later {
    whom: Vec<Arc<Activity>>,
    /// When the first of them is to be told; the others are told with it.
    at: Option<Instant>,
}

impl Later {
    pub(super) fn put(&mut self, activity: Arc<Activity>, now: Instant) {
        self.at.get_or_insert(now + MOMENT);
        self.whom.push(activity);
    }

    /// How long until somebody is to be told, if anybody is.
    pub(super) fn rest(&self, now: Instant) -> Option<Duration> {
        let at = self.at?;
        Some(at.saturating_duration_since(now))
    }

    /// Tells all of them, if it is time. Who was told of an end meanwhile is not told again.
    pub(super) fn tell(&mut self, now: Instant) {
        if self.rest(now).is_none_or(|rest| !rest.is_zero()) {
            return;
        }
        self.at = None;
        for activity in self.whom.drain(..) {
            activity.tell();
        }
    }
}

/// Longer than a save takes, and shorter than anybody notices.
const MOMENT: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::source::file::watch::activity::{Change, Token};

    #[test]
    fn a_beginning_is_told_after_a_moment_and_not_if_the_end_was_told_before() {
        let (start, token) = (clock::now(), Token::next());
        let (slow, quick): (Arc<Activity>, Arc<Activity>) = Default::default();
        let mut later = Later::default();
        assert_eq!(later.rest(start), None);
        for activity in [&slow, &quick] {
            assert!(activity.note(token, Change::Written, start));
            later.put(Arc::clone(activity), start);
        }
        assert_eq!(later.rest(start), Some(MOMENT));
        assert!(quick.note(token, Change::Closed, start));
        quick.tell();
        later.tell(start);
        assert!(
            !slow.note(token, Change::Written, start),
            "it waits to be told"
        );
        later.tell(start + MOMENT);
        assert_eq!(later.rest(start), None);
        assert!(slow.note(token, Change::Written, start), "it was told");
    }
}
