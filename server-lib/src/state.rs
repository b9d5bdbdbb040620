//! [`Shared`]: what every connection of a server holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hot_reload::{Live, Snapshot};

use crate::config::ServerConfig;

/// What every connection of a server holds: the configuration as it is now, and the count of requests under way.
#[derive(Clone)]
pub(crate) struct Shared {
    live: Live<ServerConfig>,
    under_way: Arc<AtomicUsize>,
}

impl Shared {
    /// What connections hold; none may come before the first configuration.
    pub(crate) fn new(live: Live<ServerConfig>) -> Self {
        Self {
            live,
            under_way: Arc::default(),
        }
    }

    /// The configuration of now. Whoever answers a request takes it once and keeps it to the end.
    pub(crate) fn now(&self) -> Snapshot<ServerConfig> {
        self.live.get()
    }

    /// A place among at most `most` requests under way, unless all are taken.
    pub(crate) fn enter(&self, most: usize) -> Option<Place> {
        let place = Place(Arc::clone(&self.under_way));
        // The count includes this request, and goes down again when the place is dropped.
        (self.under_way.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

/// The place of one request under way.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
