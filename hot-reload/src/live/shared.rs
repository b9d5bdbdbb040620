//! [`Shared`]: the state that the publisher and all handles of a value share.

use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use super::cell::Cell;
use super::follow::Followers;
use super::notifications::{Channel, Notified};
use crate::event::events::EventFeed;
use crate::runtime::callbacks::Callbacks;
use crate::snapshot::Published;

pub(super) struct Shared<V> {
    pub(super) cell: Cell<Published<V>, Instant>,
    pub(super) followers: Followers<V>,
    pub(super) channel: Arc<Channel>,
    /// The events of the service. `None` if there is no service.
    pub(super) events: Option<Arc<dyn EventFeed>>,
    /// Those of derived values, too.
    pub(super) callbacks: Callbacks,
}

impl<V> Shared<V> {
    pub(super) fn new(
        followers: Followers<V>,
        events: Option<Arc<dyn EventFeed>>,
        callbacks: Callbacks,
    ) -> Self {
        Self {
            cell: Cell::new(),
            followers,
            channel: Arc::new(Channel::new(Notified::default())),
            events,
            callbacks,
        }
    }

    /// The number of replaced values that the service does not keep on purpose, and when the oldest was replaced.
    pub(super) fn retained(&self) -> (usize, Option<Instant>) {
        self.cell.retired(|node| !node.is_kept_by_engine())
    }

    /// The generation of the visible value, or zero.
    pub(super) fn generation(&self) -> u64 {
        let newest = self.cell.protect();
        newest.map_or(0, |newest| newest.node().generation.get())
    }
}

impl<V> fmt::Debug for Shared<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("generation", &self.generation())
            .field("followers", &self.followers)
            .finish_non_exhaustive()
    }
}
