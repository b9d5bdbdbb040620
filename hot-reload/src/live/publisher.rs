//! [`Publisher`]: the write side of [`Live`], of which the engine has the only one.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;

use super::Live;
use super::cell::Cell;
use super::news::News;
use crate::event::Trigger;
use crate::snapshot::{Generation, Published, Snapshot};

/// Publishes first and tells afterwards: whoever is woken finds the new value.
#[derive(Debug)]
pub(crate) struct Publisher<V> {
    cell: Arc<Cell<V>>,
    news: watch::Sender<News>,
}

impl<V> Publisher<V> {
    pub(crate) fn new() -> Self {
        Self {
            cell: Arc::new(Cell::new()),
            news: watch::Sender::new(News::default()),
        }
    }

    /// A handle on what is published here.
    pub(crate) fn live(&self) -> Live<V> {
        Live {
            cell: Arc::clone(&self.cell),
            news: self.news.subscribe(),
            keep: None,
        }
    }

    /// What is visible now.
    pub(crate) fn current(&self) -> Option<Snapshot<V>> {
        self.cell.get()
    }

    /// The number of the value that is published next.
    pub(crate) fn next_generation(&self) -> Generation {
        self.current()
            .map_or(Generation::FIRST, |current| current.generation().next())
    }

    /// Makes a value visible, and tells everybody. The value before it is handed back, to be freed by the caller.
    pub(crate) fn publish(&self, published: Published<V>) -> Option<Snapshot<V>> {
        let before = self.cell.put(Snapshot::new(published));
        self.news.send_modify(|news| news.published += 1);
        before
    }

    pub(super) fn publish_fixed(&self, value: V) {
        self.publish(Published {
            value,
            generation: self.next_generation(),
            revision: None,
            loaded_at: SystemTime::UNIX_EPOCH,
            trigger: Trigger::Startup,
        });
    }

    /// Tells everybody that nothing will follow.
    pub(crate) fn stop(&self) {
        self.news.send_modify(|news| news.stopped = true);
    }

    /// The channel alone, of which a handle on a fixed value keeps the sending end.
    pub(super) fn into_news(self) -> impl Send + Sync + 'static {
        self.news
    }
}
