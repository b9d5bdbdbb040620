//! [`Followers`]: the projections with subscribers. Each publication compares their parts before the value becomes visible.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use super::notifications::Channel;
use crate::locks::lock;

/// A projection with subscribers.
pub(super) trait Follow<V>: Send + Sync {
    /// Compares the part in the visible value with the part in the next one. Runs the user's code, which may panic.
    fn prepare(&self, before: Option<&V>, now: &V);

    /// The channel to notify of the value last prepared, if the part has changed.
    fn changed(&self) -> Option<Arc<Channel>>;

    /// The channel of the subscribers.
    fn channel(&self) -> Option<Arc<Channel>>;
}

/// All followers of a value. The user's code never runs while they are locked.
pub(super) struct Followers<V>(Mutex<List<V>>);

struct List<V> {
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
    follower: Weak<dyn Follow<V>>,
}

impl<V> Followers<V> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(List {
            following: Vec::new(),
            joined: 0,
            room: ROOM,
            stopped: false,
        }))
    }

    /// Adds a follower. `false` after [`stop`](Self::stop): no value follows.
    #[must_use]
    pub(super) fn join(&self, follower: Weak<dyn Follow<V>>) -> bool {
        let mut list = self.lock();
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

    /// Prepares all followers, then makes the value visible, unless `make_visible` answers `None`. Returns the channels of
    /// the parts that have changed.
    ///
    /// A follower that joins meanwhile is prepared, too. If a follower panics, nothing becomes visible and the panic
    /// propagates.
    pub(super) fn publish<R>(
        &self,
        before: Option<&V>,
        now: &V,
        make_visible: impl FnOnce() -> Option<R>,
    ) -> Option<(R, Vec<Arc<Channel>>)> {
        let mut prepared = Vec::new();
        let mut upto = 0;
        loop {
            let mut list = self.lock();
            let new = list.since(upto);
            if new.is_empty() {
                let visible = make_visible()?;
                let channels = prepared
                    .iter()
                    .filter_map(|follower: &Arc<dyn Follow<V>>| follower.changed());
                return Some((visible, channels.collect()));
            }
            upto = list.joined;
            drop(list);
            for follower in &new {
                follower.prepare(before, now);
            }
            prepared.extend(new);
        }
    }

    /// Ends the list: no value follows. Returns the channels of all followers, to be notified of the end.
    pub(super) fn stop(&self) -> Vec<Arc<Channel>> {
        let mut list = self.lock();
        list.stopped = true;
        let all = list.since(0);
        list.following = Vec::new();
        drop(list);
        all.iter()
            .filter_map(|follower| follower.channel())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, List<V>> {
        lock(&self.0)
    }
}

impl<V> List<V> {
    /// The followers that joined at this number or later, and whose projections still exist.
    fn since(&mut self, number: u64) -> Vec<Arc<dyn Follow<V>>> {
        self.remove_gone();
        self.following
            .iter()
            .filter(|following| following.number >= number)
            .filter_map(|following| following.follower.upgrade())
            .collect()
    }

    fn remove_gone(&mut self) {
        self.following
            .retain(|following| following.follower.strong_count() > 0);
        self.room = (2 * self.following.len()).max(ROOM);
    }
}

impl<V> fmt::Debug for Followers<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Followers")
            .field("count", &self.lock().following.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Publisher;

    /// How many the list has.
    fn count<V>(publisher: &Publisher<V>) -> usize {
        publisher.live().shared.followers.lock().following.len()
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
