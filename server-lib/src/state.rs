//! [`Shared`]: the state that all connections of a server share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hot_reload::{Live, Snapshot};

use crate::config::{Limits, ServerConfig};
use crate::limit_log::LimitLog;
use crate::roster::{RESERVE, Roster};

/// Descriptors reserved for the runtime, listeners, the log and loads of files.
const OTHER_DESCRIPTORS: usize = 40;

/// The state that all connections of a server share: the current configuration, and counters.
#[derive(Clone)]
pub(crate) struct Shared {
    live: Live<ServerConfig>,
    under_way: Arc<AtomicUsize>,
    pub(crate) roster: Arc<Roster>,
    pub(crate) limit_log: Arc<LimitLog>,
    /// The number of connections that the limit of open files allows.
    descriptors: usize,
}

impl Shared {
    /// What connections hold; none may come before the first configuration.
    pub(crate) fn new(live: Live<ServerConfig>) -> Self {
        Self {
            live,
            under_way: Arc::default(),
            roster: Arc::default(),
            limit_log: Arc::default(),
            descriptors: connections_within(open_files()),
        }
    }

    /// The visible configuration. A request takes it once, and uses it until its response has ended.
    pub(crate) fn now(&self) -> Snapshot<ServerConfig> {
        self.live.get()
    }

    /// The current limits.
    pub(crate) fn limits(&self) -> Limits {
        self.live.load().limits
    }

    /// The most open connections, by the configuration and the limit of open files.
    pub(crate) fn most_connections(&self) -> usize {
        self.limits().max_connections.min(self.descriptors)
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

/// The number of connections for this many descriptors, at least a few.
fn connections_within(descriptors: Option<u64>) -> usize {
    let Some(descriptors) = descriptors else {
        return usize::MAX;
    };
    usize::try_from(descriptors)
        .unwrap_or(usize::MAX)
        .saturating_sub(OTHER_DESCRIPTORS + RESERVE)
        .max(RESERVE)
}

/// The limit of open files of this process, if there is one.
fn open_files() -> Option<u64> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        getrlimit(Resource::Nofile).current
    }
    #[cfg(not(unix))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        assert_eq!(connections_within(None), usize::MAX);
        assert_eq!(connections_within(Some(1024)), 976);
        assert_eq!(connections_within(Some(64)), 16);
        assert_eq!(connections_within(Some(16)), RESERVE);
    }
}
