//! [`Shared`]: the state that all connections of a server share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hot_reload::{Live, Snapshot};

use crate::config::{Limits, ServerConfig};
use crate::connection_limit::{ConnectionLimit, RESERVE};
use crate::limit_log::LimitLog;

/// Descriptors reserved for the runtime, listeners, the log and loads of files.
const OTHER_DESCRIPTORS: usize = 40;

/// The state that all connections of a server share: the current configuration, and counters.
#[derive(Clone)]
pub(crate) struct Shared {
    live: Live<ServerConfig>,
    requests_in_progress: Arc<AtomicUsize>,
    pub(crate) connection_limit: Arc<ConnectionLimit>,
    pub(crate) limit_log: Arc<LimitLog>,
    /// The number of connections that the limit of open files allows.
    max_descriptors: usize,
}

impl Shared {
    /// The state before the first connection. There must be a configuration before a connection is accepted.
    pub(crate) fn new(live: Live<ServerConfig>) -> Self {
        Self {
            live,
            requests_in_progress: Arc::default(),
            connection_limit: Arc::default(),
            limit_log: Arc::default(),
            max_descriptors: connections_within(open_files()),
        }
    }

    /// The visible configuration. A request takes it once, and uses it until its response has ended.
    pub(crate) fn config(&self) -> Snapshot<ServerConfig> {
        self.live.get()
    }

    /// The current limits.
    pub(crate) fn limits(&self) -> Limits {
        self.live.load().limits
    }

    /// The highest number of open connections: by the configuration, and by the limit of open files.
    pub(crate) fn max_connections(&self) -> usize {
        self.limits().max_connections.min(self.max_descriptors)
    }

    /// A permit for a request, unless `max` requests are in progress.
    pub(crate) fn begin_request(&self, max: usize) -> Option<RequestPermit> {
        let permit = RequestPermit(Arc::clone(&self.requests_in_progress));
        // The count includes this request, and goes down again when the permit is dropped.
        (self.requests_in_progress.fetch_add(1, Ordering::Relaxed) < max).then_some(permit)
    }
}

/// The permit of a request in progress. Dropping it releases it.
pub(crate) struct RequestPermit(Arc<AtomicUsize>);

impl Drop for RequestPermit {
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
