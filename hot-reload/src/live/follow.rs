//! [`Followers`]: the projections with subscribers, and the derived values. Each publication compares the parts and derives the
//! values before its value becomes visible.

use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::{fmt, mem};

use tokio::time::Instant;

use super::notifications::Channel;
use crate::locks::lock;
use crate::snapshot::Published;

/// What follows the publications of a value: a projection with subscribers, or a derived value.
pub(super) trait Follow<V>: Send + Sync {
    /// Prepares for the next value: compares the part in it with the part in the visible value, or derives a value from it.
    /// Runs the user's code, which may panic.
    fn prepare(self: Arc<Self>, before: Option<&V>, now: &Published<V>) -> Box<dyn Staged>;

    /// Ends this follower. Returns the channel of the subscribers, to be notified of the end.
    fn end(&self) -> Option<Arc<Channel>>;

    /// Frees the replaced values of its own that are due and that no reader holds. Provided: it has none.
    fn sweep(&self, _is_due: &dyn Fn(Instant) -> bool) {}

    /// Whether it has replaced values of its own. Provided: it has none.
    fn is_retaining(&self) -> bool {
        false
    }
}

/// A follower that is prepared for a value. It is dropped without a lock.
pub(super) trait Staged: Send {
    /// Makes its own value visible, right before the value that it follows. Runs no code of the user. Provided: it has none.
    fn make_visible(&mut self, _now: Instant) {}

    /// The channel to notify of the value, if there is a change.
    fn changed(&self) -> Option<Arc<Channel>>;
}

/// All followers of a value. The user's code never runs while they are locked.
pub(super) enum Followers<V> {
    Listed(Mutex<List<V>>),
    /// Those of a derived value follow the value that it is derived from.
    Elsewhere(Box<dyn Upstream<V>>),
}

pub(super) struct List<V> {
    following: Vec<Following<V>>,
    joined: u64,
    /// When the list is this long, the next to join first removes the entries whose projections are gone.
    room: usize,
    stopped: bool,
}

/// The least `room`, so that a short list is not searched at each join.
const ROOM: usize = 16;

struct Following<V> {
    /// The place in the order of joining.
    number: u64,
    follower: Box<dyn Find<V>>,
}

/// The way to a follower, which keeps nothing alive. No method drops a follower: that may run the user's code, under the lock.
pub(super) trait Find<V>: Send + Sync {
    fn find(&self) -> Option<Arc<dyn Follow<V>>>;

    /// Whether its handles are gone.
    fn is_gone(&self) -> bool;
}

impl<V, T: Follow<V> + 'static> Find<V> for Weak<T> {
    fn find(&self) -> Option<Arc<dyn Follow<V>>> {
        Some(self.upgrade()? as Arc<dyn Follow<V>>)
    }

    fn is_gone(&self) -> bool {
        self.strong_count() == 0
    }
}

/// The list of another value, which the followers of a derived value join.
pub(super) trait Upstream<V>: Send + Sync {
    /// `false` if no value follows.
    fn join(&self, follower: Box<dyn Find<V>>) -> bool;

    /// Runs this while no value becomes visible.
    fn between_publications(&self, run: &mut dyn FnMut());
}

impl<V> Followers<V> {
    pub(super) fn new() -> Self {
        Self::Listed(Mutex::new(List {
            following: Vec::new(),
            joined: 0,
            room: ROOM,
            stopped: false,
        }))
    }

    /// Adds a follower. `false` after [`stop`](Self::stop): no value follows.
    #[must_use]
    pub(super) fn join(&self, follower: Box<dyn Find<V>>) -> bool {
        let list = match self {
            Self::Listed(list) => list,
            Self::Elsewhere(upstream) => return upstream.join(follower),
        };
        let mut list = lock(list);
        if list.stopped {
            return false;
        }
        if list.following.len() >= list.room {
            list.remove_gone();
        }
        let number = list.joined;
        list.joined += 1;
        list.following.push(Following { number, follower });
        true
    }

    /// Prepares all followers, then makes the value visible, unless `make_visible` answers `None`. Returns the prepared
    /// followers, whose channels are to be notified, and which are to be dropped without a lock.
    ///
    /// A follower that joins meanwhile is prepared, too. If a follower panics, nothing becomes visible and the panic
    /// propagates.
    pub(super) fn publish<R>(
        &self,
        before: Option<&V>,
        now: &Published<V>,
        make_visible: impl FnOnce(&mut [Box<dyn Staged>]) -> Option<R>,
    ) -> Option<(R, Vec<Box<dyn Staged>>)> {
        let mut staged = Vec::new();
        let mut upto = 0;
        loop {
            let mut list = self.lock()?;
            let new = list.since(upto);
            if new.is_empty() {
                let visible = make_visible(&mut staged);
                // What was staged for a value that does not become visible is dropped without the lock.
                drop(list);
                return visible.map(|visible| (visible, staged));
            }
            upto = list.joined;
            drop(list);
            for follower in new {
                staged.push(follower.prepare(before, now));
            }
        }
    }

    /// Runs this while no value becomes visible.
    pub(super) fn between_publications(&self, run: &mut dyn FnMut()) {
        match self {
            Self::Listed(list) => {
                let _list = lock(list);
                run();
            }
            Self::Elsewhere(upstream) => upstream.between_publications(run),
        }
    }

    /// Ends the list: no value follows. Returns the channels of all followers, to be notified of the end.
    pub(super) fn stop(&self) -> Vec<Arc<Channel>> {
        let Some(mut list) = self.lock() else {
            return Vec::new();
        };
        list.stopped = true;
        let all = list.since(0);
        let following = mem::take(&mut list.following);
        drop(list);
        drop(following);
        all.iter().filter_map(|follower| follower.end()).collect()
    }

    /// Frees the replaced values of followers that are due and that no reader holds.
    pub(super) fn sweep(&self, is_due: &dyn Fn(Instant) -> bool) {
        for follower in self.all() {
            follower.sweep(is_due);
        }
    }

    /// Whether a follower has replaced values.
    pub(super) fn is_retaining(&self) -> bool {
        self.all().iter().any(|follower| follower.is_retaining())
    }

    fn all(&self) -> Vec<Arc<dyn Follow<V>>> {
        self.lock().map_or_else(Vec::new, |mut list| list.since(0))
    }

    /// `None` if the list is elsewhere: then somebody else publishes.
    fn lock(&self) -> Option<MutexGuard<'_, List<V>>> {
        match self {
            Self::Listed(list) => Some(lock(list)),
            Self::Elsewhere(_) => None,
        }
    }
}

impl<V> List<V> {
    /// The followers that joined at this number or later, and whose projections still exist.
    fn since(&mut self, number: u64) -> Vec<Arc<dyn Follow<V>>> {
        self.remove_gone();
        self.following
            .iter()
            .filter(|following| following.number >= number)
            .filter_map(|following| following.follower.find())
            .collect()
    }

    fn remove_gone(&mut self) {
        self.following
            .retain(|following| !following.follower.is_gone());
        self.room = (2 * self.following.len()).max(ROOM);
    }
}

impl<V> fmt::Debug for Followers<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Followers")
            .field("count", &self.lock().map(|list| list.following.len()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Publisher;

    /// How many the list has.
    fn count<V>(publisher: &Publisher<V>) -> usize {
        let list = publisher
            .live()
            .shared
            .followers
            .lock()
            .map(|list| list.following.len());
        list.expect("a publisher has a list of its own")
    }

    #[test]
    fn projection_follows_from_first_subscription_until_drop() {
        let publisher = Publisher::new();
        publisher.publish_fixed(1);
        let part = publisher.live().map(|value| value);
        let clone = part.clone();
        assert_eq!((count(&publisher), *part.load()), (0, 1));
        let changes = [part.subscribe(), clone.subscribe(), part.subscribe()];
        assert_eq!(count(&publisher), 1);
        drop((part, clone));
        publisher.publish_fixed(2);
        assert_eq!(count(&publisher), 1);
        drop(changes);
        publisher.publish_fixed(3);
        assert_eq!(count(&publisher), 0);
    }

    #[test]
    fn p17_dropped_projections_do_not_accumulate() {
        let publisher = Publisher::new();
        publisher.publish_fixed(1);
        let live = publisher.live();
        let _kept: Vec<_> = (0..100)
            .map(|_| live.map(|value| value).subscribe())
            .collect();
        for _ in 0..10_000 {
            let _ = live.map(|value| value).subscribe();
        }
        assert!(count(&publisher) <= 201, "{}", count(&publisher));
        publisher.stop();
        let _late = live.map(|value| value).subscribe();
        assert_eq!(count(&publisher), 0);
    }
}
