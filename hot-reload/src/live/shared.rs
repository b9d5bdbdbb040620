//! [`Shared`]: what the handles on a value and its publisher have in common.

use std::sync::Arc;

use tokio::time::Instant;

use super::cell::Cell;
use super::follow::Followers;
use super::news::{Channel, News};
use crate::snapshot::Published;

#[derive(Debug)]
pub(super) struct Shared<V> {
    pub(super) cell: Cell<Published<V>, Instant>,
    pub(super) followers: Followers<V>,
    pub(super) news: Arc<Channel>,
}

impl<V> Shared<V> {
    pub(super) fn new() -> Self {
        Self {
            cell: Cell::new(),
            followers: Followers::new(),
            news: Arc::new(Channel::new(News::default())),
        }
    }

    /// How many replaced values are there because somebody reads them, and since when the oldest is replaced.
    pub(super) fn retired(&self) -> (usize, Option<Instant>) {
        self.cell.retired(|node| !node.is_keepsake())
    }

    /// The number of the newest value, or zero.
    pub(super) fn generation(&self) -> u64 {
        let newest = self.cell.protect();
        newest.map_or(0, |newest| newest.node().generation.get())
    }
}
