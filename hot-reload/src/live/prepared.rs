//! [`Prepared`]: a value for which all followers are prepared.

use std::sync::Arc;

use tokio::time::Instant;

use super::cell::Cell;
use super::follow::Staged;
use crate::snapshot::Published;

/// See the [module documentation](self).
pub(crate) struct Prepared<'p, V> {
    pub(super) cell: &'p Cell<Published<V>, Instant>,
    pub(super) node: Arc<Published<V>>,
    pub(super) followers: &'p mut [Box<dyn Staged>],
}

/// The followers that were prepared for a visible value. Dropping them may run the user's code, so that is done without a lock.
pub(crate) struct PreparedFollowers {
    pub(super) _followers: Vec<Box<dyn Staged>>,
}

impl<V> Prepared<'_, V> {
    pub(crate) fn make_visible(self) {
        let now = Instant::now();
        // The last one first, because a follower joins after the one that it follows. So no value is older than its origin.
        for follower in self.followers.iter_mut().rev() {
            follower.make_visible(now);
        }
        self.cell.put(self.node, now);
    }
}
