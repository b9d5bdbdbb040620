//! [`Publisher`]: the write side of [`Live`]. Each service has one.

use std::mem;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use tokio::time::Instant;

use super::cell;
use super::follow::{Followers, Staged};
use super::handle::Live;
use super::notifications::{Channel, Notifications};
use super::prepared::{Prepared, PreparedFollowers};
use super::shared::Shared;
use crate::event::Trigger;
use crate::event::events::EventFeed;
use crate::locks::lock;
use crate::runtime::callbacks::Callbacks;
use crate::snapshot::{Generation, Published, Snapshot};

/// The most subscribers that the publishing task wakes itself. Another thread wakes a larger number, so that waking does not
/// delay the next publication. Waking a thousand parked tasks takes at least 30 µs, and much longer on a busy machine.
const FEW: usize = 256;

/// Publishes a value first and notifies subscribers afterwards, so a woken subscriber reads the new value.
///
/// It keeps each replaced value until no reader holds it and [`sweep`](Self::sweep) hands it to the caller. So no reader ever
/// frees a value.
#[derive(Debug)]
pub(crate) struct Publisher<V> {
    shared: Arc<Shared<V>>,
    pending: Mutex<Pending>,
    ending: Ending,
}

/// The notifications that were not sent yet.
#[derive(Debug, Default)]
struct Pending {
    /// Of a visible value that is announced once participants have committed.
    held: Notifications,
    ready: Notifications,
    /// Those that another thread took last, and may not have sent yet.
    taken: Notifications,
}

impl Pending {
    fn release(&mut self) {
        self.ready.append(&mut self.held);
    }
}

/// Notifies all subscribers of the end when it is dropped, unless that was done before.
#[derive(Debug)]
pub(super) struct Ending(Arc<Channel>);

impl Ending {
    pub(super) fn of<V>(shared: &Shared<V>) -> Self {
        Self(Arc::clone(&shared.channel))
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.0
            .send_if_modified(|notified| !mem::replace(&mut notified.stopped, true));
    }
}

/// A value that was replaced.
pub(crate) struct Replaced<V> {
    pub(crate) snapshot: Snapshot<V>,
    /// When it was replaced.
    pub(crate) since: Instant,
}

impl<V> Replaced<V> {
    fn of((node, since): (Arc<Published<V>>, Instant)) -> Self {
        Self {
            snapshot: Snapshot::of(node),
            since,
        }
    }

    /// Whether nobody else holds it. If so, everything that its holders did with it happens before this returns.
    pub(crate) fn is_unshared(&self) -> bool {
        cell::is_unshared(self.snapshot.node())
    }
}

impl<V> Live<V> {
    /// Makes a handle on a value that never changes, for tests and for programs without a source.
    ///
    /// ```
    /// let live = hot_reload::Live::fixed("hello");
    /// assert_eq!(*live.load(), "hello");
    /// assert_eq!(live.get().generation().get(), 1);
    /// ```
    pub fn fixed(value: V) -> Self {
        let publisher = Publisher::new();
        publisher.publish_fixed(value);
        // Subscribers get the end when the last handle is dropped.
        publisher.live().kept_by(Arc::new(publisher.into_ending()))
    }
}

impl<V> Publisher<V> {
    /// The publisher of no service.
    pub(crate) fn new() -> Self {
        Self::with_events(None)
    }

    /// The publisher of a service with these events.
    pub(crate) fn of_service(events: Arc<dyn EventFeed>) -> Self {
        Self::with_events(Some(events))
    }

    fn with_events(events: Option<Arc<dyn EventFeed>>) -> Self {
        let shared = Arc::new(Shared::new(Followers::new(), events, Callbacks::default()));
        Self {
            ending: Ending::of(&shared),
            pending: Mutex::default(),
            shared,
        }
    }

    /// Makes a handle. It does not keep the service running.
    pub(crate) fn live(&self) -> Live<V> {
        Live {
            shared: Arc::clone(&self.shared),
            keep: None,
        }
    }

    /// The visible value.
    pub(crate) fn current(&self) -> Option<Snapshot<V>> {
        self.shared.cell.get().map(Snapshot::of)
    }

    /// The generation of the next published value.
    pub(crate) fn next_generation(&self) -> Generation {
        self.current()
            .map_or(Generation::FIRST, |current| current.generation().next())
    }

    /// Publishes a value that comes from no source. Subscribers are notified by [`notify_few`](Self::notify_few).
    ///
    /// If a projection panics, the panic propagates and the value is not published.
    pub(crate) fn publish_by_hand(&self, value: V) -> Generation {
        let generation = self.next_generation();
        let trigger = if generation == Generation::FIRST {
            Trigger::Startup
        } else {
            Trigger::Manual
        };
        let published = Published {
            value,
            generation,
            revision: None,
            value_revision: None,
            loaded_at: SystemTime::UNIX_EPOCH,
            trigger,
            origin: None,
            engine_shares: AtomicUsize::new(0),
        };
        let _ = self.publish_if(published, |prepared| {
            prepared.make_visible();
            Some(())
        });
        self.lock().release();
        generation
    }

    /// Publishes a value that comes from no source and notifies subscribers, unless there are too many.
    pub(crate) fn publish_fixed(&self, value: V) {
        self.publish_by_hand(value);
        self.notify_few();
    }

    /// Prepares the followers of a value, then asks `visibly` to publish it. If that answers `None`, nothing is published.
    ///
    /// No subscriber is notified before [`notify_few`](Self::notify_few) is called. Followers run the user's code without a lock.
    /// If a follower panics, nothing is published, and the panic propagates.
    pub(crate) fn publish_if<R>(
        &self,
        published: Published<V>,
        visibly: impl FnOnce(Prepared<'_, V>) -> Option<R>,
    ) -> Option<(R, PreparedFollowers)> {
        let shared = &*self.shared;
        let number = published.generation.get();
        let (before, node) = (shared.cell.get(), Arc::new(published));
        let before = before.as_ref().map(|before| &before.value);
        let make_visible = |followers: &mut [Box<dyn Staged>]| {
            visibly(Prepared {
                cell: &shared.cell,
                node: Arc::clone(&node),
                followers,
            })
        };
        let (visible, followers) = shared.followers.publish(before, &node, make_visible)?;
        let channels = followers.iter().filter_map(|follower| follower.changed());
        let mut pending = self.lock();
        for channel in [Arc::clone(&shared.channel)].into_iter().chain(channels) {
            pending.held.add(channel, number);
        }
        drop(pending);
        Some((
            visible,
            PreparedFollowers {
                _followers: followers,
            },
        ))
    }

    /// Notifies all subscribers, unless there are more than [`FEW`]. Then [`take_notifications`](Self::take_notifications) returns
    /// the notifications.
    pub(crate) fn notify_few(&self) {
        let few = {
            let mut pending = self.lock();
            pending.release();
            let ready = &mut pending.ready;
            (ready.listeners() <= FEW).then(|| mem::take(ready))
        };
        // Wakers run without the lock.
        if let Some(few) = few {
            few.send();
        }
    }

    /// Keeps only the part that notifies subscribers of the end when it is dropped.
    pub(super) fn into_ending(self) -> Ending {
        self.ending
    }

    /// Takes the pending notifications, so that another thread can send them. Those taken before were sent.
    pub(crate) fn take_notifications(&self) -> Option<Notifications> {
        let mut pending = self.lock();
        pending.taken = mem::take(&mut pending.ready);
        (!pending.taken.is_empty()).then(|| pending.taken.clone())
    }

    /// Removes the replaced values that no reader holds and whose time of replacement meets a condition. The caller drops them.
    ///
    /// Frees the derived values of such values.
    pub(crate) fn sweep(&self, such: impl Fn(Instant) -> bool) -> Vec<Replaced<V>> {
        self.shared.followers.sweep(&such);
        let swept = self.shared.cell.sweep(|since| such(*since));
        swept.into_iter().map(Replaced::of).collect()
    }

    /// The replaced values that readers hold, the oldest first, and when each was replaced.
    pub(crate) fn left(&self) -> Vec<(Generation, Instant)> {
        let left = self.shared.cell.list_retired(|node, since| {
            (!node.is_kept_by_engine()).then_some((node.generation, *since))
        });
        left.into_iter().flatten().collect()
    }

    /// Whether readers hold replaced values. Values that the service keeps on purpose do not count: their release requests a
    /// sweep.
    pub(crate) fn must_sweep(&self) -> bool {
        self.shared.retained().0 > 0 || self.retains_derived()
    }

    /// Whether values are retained that were derived from replaced ones.
    pub(crate) fn retains_derived(&self) -> bool {
        self.shared.followers.is_retaining()
    }

    /// Notifies all subscribers of the end. Returns the replaced values that no guard protects, to be dropped by the caller; a
    /// value that is shared is freed by its last holder.
    pub(crate) fn stop(&self) -> Vec<Replaced<V>> {
        let mut pending = mem::take(&mut *self.lock());
        pending.release();
        // Another thread may not have sent all of its notifications, or never begin. Subscribers get them before the end.
        pending.taken.send();
        pending.ready.send();
        // Those of the whole value get the visible one in any case.
        self.shared.channel.send_if_modified(|notified| {
            notified.published = notified.published.max(self.shared.generation());
            false
        });
        let followers = self.shared.followers.stop();
        for channel in [Arc::clone(&self.shared.channel)]
            .into_iter()
            .chain(followers)
        {
            channel.send_modify(|notified| notified.stopped = true);
        }
        let left = self.shared.cell.let_go();
        left.into_iter().map(Replaced::of).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        lock(&self.pending)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::atomic::Ordering;

    use super::*;

    /// A value that counts its drop, and then panics.
    struct Panics(Arc<AtomicUsize>);

    impl Drop for Panics {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
            resume_unwind(Box::new("a value panics when it is dropped"));
        }
    }

    #[test]
    fn p07_last_handle_drops_all_values_although_each_panics() {
        let dropped = Arc::new(AtomicUsize::new(0));
        let publisher = Publisher::new();
        for _ in 0..4 {
            publisher.publish_fixed(Panics(Arc::clone(&dropped)));
        }
        let live = publisher.live();
        drop(publisher);
        assert_eq!(dropped.load(Ordering::Relaxed), 0);
        let panic = catch_unwind(AssertUnwindSafe(|| drop(live)));
        assert!(
            panic.is_err(),
            "dropping the last handle propagates the panic"
        );
        assert_eq!(dropped.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn p07_forgotten_guard_keeps_its_value_although_others_panic() {
        let dropped = Arc::new(AtomicUsize::new(0));
        let publisher = Publisher::new();
        for number in 0..4 {
            publisher.publish_fixed(Panics(Arc::clone(&dropped)));
            if number == 2 {
                mem::forget(publisher.live().load());
            }
        }
        let _ = catch_unwind(AssertUnwindSafe(|| drop(publisher)));
        assert_eq!(dropped.load(Ordering::Relaxed), 3);
    }
}
