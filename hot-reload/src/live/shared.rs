//! [`Shared`]: the state that the publisher and all handles of a value share.

use std::sync::Arc;

use tokio::time::Instant;

use super::cell::Cell;
use super::follow::Followers;
use super::notifications::{Channel, Notified};
use crate::snapshot::Published;

#[derive(Debug)]
pub(super) struct Shared<V> {
    pub(super) cell: Cell<Published<V>, Instant>,
    pub(super) followers: Followers<V>,
    pub(super) channel: Arc<Channel>,
}

impl<V> Shared<V> {
    pub(super) fn new() -> Self {
        Self {
            cell: Cell::new(),
            followers: Followers::new(),
            channel: Arc::new(Channel::new(Notified::default())),
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
