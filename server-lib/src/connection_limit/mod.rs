//! [`ConnectionLimit`]: a limit of open connections, which evicts an idle one to make room for a new one.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// Connections beyond the limit. Each gets one response at once, so that a server at its limit still answers health
/// checks.
pub(crate) const RESERVE: usize = 8;

/// How long a new connection waits until an evicted one has closed.
const EVICTION_TIMEOUT: Duration = Duration::from_millis(50);

/// A connection that is idle for less than this is evicted last. It is enough for a TLS handshake and the head of a request.
const GRACE: Duration = Duration::from_secs(1);

/// The limit of open connections. Each holds a [`ConnectionPermit`].
#[derive(Default)]
pub(crate) struct ConnectionLimit {
    state: Mutex<State>,
    /// A permit was dropped.
    released: Notify,
}

#[derive(Default)]
struct State {
    open: usize,
    /// The number of open connections that were evicted and have not closed yet.
    evicted: usize,
    next: u64,
    /// The connections without a request in progress, in the order of eviction.
    evictable: BTreeMap<Rank, Evictable>,
}

/// The order of eviction. Within a class, the connection that is idle for longest comes first.
type Rank = (Class, u64);

struct Evictable {
    since: Instant,
    eviction: Arc<Eviction>,
}

/// Why a connection may be evicted. The first class is evicted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The connection has never sent a request.
    Silent,
    /// The connection is idle between two requests.
    Idle,
    /// The client sends a body, which the server discards.
    Body,
    /// The connection is beyond the limit and ends soon.
    OverLimit,
}

/// The request to a connection to close.
#[derive(Default)]
struct Eviction {
    requested: AtomicBool,
    notify: Notify,
}

/// The permit of an open connection. Dropping it releases it.
pub(crate) struct ConnectionPermit {
    limit: Arc<ConnectionLimit>,
    /// Whether the connection is beyond the limit.
    pub(crate) over_limit: bool,
    /// Its place among the evictable connections. `None` while a request is in progress, and after an eviction.
    rank: Mutex<Option<Rank>>,
    eviction: Arc<Eviction>,
}

impl ConnectionLimit {
    /// Returns a permit. Beyond `max`, it evicts an idle connection. Returns `None` if the reserve is used up too.
    pub(crate) fn try_acquire(self: &Arc<Self>, max: usize) -> Option<ConnectionPermit> {
        let mut state = self.state();
        // Usually this evicts one, and more after a lowered limit.
        while state.staying() >= max && state.evict(&[Class::Silent, Class::Idle, Class::Body]) {}
        let with_reserve = max.saturating_add(RESERVE);
        if state.open >= with_reserve {
            if state.staying() >= with_reserve {
                state.evict(&[Class::OverLimit]);
            }
            return None;
        }
        let over_limit = state.staying() >= max;
        state.open += 1;
        drop(state);
        let permit = ConnectionPermit {
            limit: Arc::clone(self),
            over_limit,
            rank: Mutex::new(None),
            eviction: Arc::default(),
        };
        permit.mark_evictable(Class::Silent);
        Some(permit)
    }

    /// Like [`try_acquire`](Self::try_acquire), but waits a moment until an evicted connection has closed. Cancel safe.
    pub(crate) async fn acquire(self: &Arc<Self>, max: usize) -> Option<ConnectionPermit> {
        let acquired = async {
            loop {
                let released = self.released.notified();
                if let Some(permit) = self.try_acquire(max) {
                    return permit;
                }
                released.await;
            }
        };
        timeout(EVICTION_TIMEOUT, acquired).await.ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The number of open connections without an eviction.
    fn staying(&self) -> usize {
        self.open - self.evicted
    }

    /// Evicts the first connection of these classes. Returns whether there is one.
    fn evict(&mut self, classes: &[Class]) -> bool {
        let now = Instant::now();
        let firsts = classes.iter().filter_map(|class| {
            let (rank, first) = self
                .evictable
                .range((*class, 0)..=(*class, u64::MAX))
                .next()?;
            Some((now < first.since + GRACE, *rank))
        });
        let Some(first) = firsts
            .min()
            .and_then(|(_, rank)| self.evictable.remove(&rank))
        else {
            return false;
        };
        first.eviction.requested.store(true, Ordering::Relaxed);
        first.eviction.notify.notify_one();
        self.evicted += 1;
        true
    }
}

impl ConnectionPermit {
    /// Notes that the connection has a request in progress, so that it is not evicted.
    pub(crate) fn mark_busy(&self) {
        if let Some(rank) = self.rank().take() {
            self.limit.state().evictable.remove(&rank);
        }
    }

    /// Notes that the connection waits for its client, so that it may be evicted.
    pub(crate) fn mark_evictable(&self, class: Class) {
        self.mark_busy();
        let mut state = self.limit.state();
        if self.is_evicted() {
            return;
        }
        let class = if self.over_limit {
            Class::OverLimit
        } else {
            class
        };
        let rank = (class, state.next);
        state.next += 1;
        let evictable = Evictable {
            since: Instant::now(),
            eviction: Arc::clone(&self.eviction),
        };
        state.evictable.insert(rank, evictable);
        drop(state);
        *self.rank() = Some(rank);
    }

    /// Waits until the connection is evicted. Cancel safe.
    pub(crate) async fn evicted(&self) {
        self.eviction.notify.notified().await;
    }

    /// Written and read under the lock of the limit's state.
    fn is_evicted(&self) -> bool {
        self.eviction.requested.load(Ordering::Relaxed)
    }

    fn rank(&self) -> MutexGuard<'_, Option<Rank>> {
        self.rank.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.mark_busy();
        let mut state = self.limit.state();
        state.open -= 1;
        if self.is_evicted() {
            state.evicted -= 1;
        }
        drop(state);
        self.limit.released.notify_one();
    }
}
