//! [`Publisher`]: the write side of [`Live`], of which the engine has the only one.

use std::mem;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use tokio::time::Instant;

use super::Live;
use super::cell::{self, Cell};
use super::news::{Channel, Untold};
use super::shared::Shared;
use crate::event::Trigger;
use crate::locks::lock;
use crate::snapshot::{Generation, Published, Snapshot};

/// How many subscribers are woken at once, on the spot. More take longer than the next publication shall wait: some
/// 30 µs for a thousand parked tasks in the best of cases, and many times that where other threads are busy.
const FEW: usize = 256;

/// Publishes first and tells afterwards: whoever is woken finds the new value.
///
/// What it publishes in place of something else it keeps, until nobody reads that any more and it is [swept](Self::sweep)
/// out: so no reader frees a value.
#[derive(Debug)]
pub(crate) struct Publisher<V> {
    shared: Arc<Shared<V>>,
    pending: Mutex<Pending>,
    ending: Ending,
}

/// The news that nobody was told yet.
#[derive(Debug, Default)]
struct Pending {
    /// Of a value that is visible, and that not all are done with who are to be done before it is told.
    held: Untold,
    untold: Untold,
}

impl Pending {
    fn release(&mut self) {
        self.untold.append(&mut self.held);
    }
}

/// Tells everybody that nothing will follow when it is dropped, if that was not told before.
#[derive(Debug)]
pub(super) struct Ending(Arc<Channel>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0
            .send_if_modified(|news| !mem::replace(&mut news.stopped, true));
    }
}

/// A value that another one has replaced.
pub(crate) struct Replaced<V> {
    pub(crate) snapshot: Snapshot<V>,
    /// When.
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

/// A value that all who follow it are ready for.
pub(crate) struct Prepared<'p, V>(&'p Cell<Published<V>, Instant>, Arc<Published<V>>);

impl<V> Prepared<'_, V> {
    pub(crate) fn make_visible(self) {
        self.0.put(self.1, Instant::now());
    }
}

impl<V> Publisher<V> {
    pub(crate) fn new() -> Self {
        let shared = Arc::new(Shared::new());
        Self {
            ending: Ending(Arc::clone(&shared.news)),
            pending: Mutex::default(),
            shared,
        }
    }

    /// A handle on what is published here.
    pub(crate) fn live(&self) -> Live<V> {
        Live {
            shared: Arc::clone(&self.shared),
            keep: None,
        }
    }

    /// What is visible now.
    pub(crate) fn current(&self) -> Option<Snapshot<V>> {
        self.shared.cell.get().map(Snapshot::of)
    }

    /// The number of the value that is published next.
    pub(crate) fn next_generation(&self) -> Generation {
        self.current()
            .map_or(Generation::FIRST, |current| current.generation().next())
    }

    /// Makes a value visible that comes from no source, as the first or the next. Nobody is told yet.
    ///
    /// A panic of what follows the value (a projection, a word) comes through, and then nothing has become visible.
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
            loaded_at: SystemTime::UNIX_EPOCH,
            trigger,
            origin: None,
            keepsakes: AtomicUsize::new(0),
        };
        let _ = self.publish_if(published, |prepared| {
            prepared.make_visible();
            Some(())
        });
        self.lock().release();
        generation
    }

    /// The same, and everybody is told, unless they are so many that it takes long.
    pub(super) fn publish_fixed(&self, value: V) {
        self.publish_by_hand(value);
        self.tell_few();
    }

    /// Prepares a value and hands it to whoever says whether it becomes visible, which it does not when they say nothing.
    /// Nobody is told, and [`untold`](Self::untold) does not have it, until [`tell_few`](Self::tell_few) is called.
    ///
    /// Before they are asked, what follows the value is prepared for it. That is code of the user's: it runs under no lock of
    /// ours, and its panic comes through.
    pub(crate) fn publish_if<R>(
        &self,
        published: Published<V>,
        visibly: impl FnOnce(Prepared<'_, V>) -> Option<R>,
    ) -> Option<R> {
        let shared = &*self.shared;
        let number = published.generation.get();
        let (before, node) = (shared.cell.get(), Arc::new(published));
        let before = before.as_ref().map(|before| &before.value);
        let make_visible = || visibly(Prepared(&shared.cell, Arc::clone(&node)));
        let (visible, channels) = shared
            .followers
            .publish(before, &node.value, make_visible)?;
        let mut pending = self.lock();
        for channel in [Arc::clone(&shared.news)].into_iter().chain(channels) {
            pending.held.add(channel, number);
        }
        Some(visible)
    }

    /// Tells everybody what was published, unless there are so many that it takes long.
    pub(crate) fn tell_few(&self) {
        let few = {
            let mut pending = self.lock();
            pending.release();
            let untold = &mut pending.untold;
            (untold.listeners() <= FEW).then(|| mem::take(untold))
        };
        // Whoever is woken finds nothing locked.
        if let Some(few) = few {
            few.tell();
        }
    }

    /// The end alone, which is told when it is dropped.
    pub(super) fn into_ending(self) -> Ending {
        self.ending
    }

    /// What there is still to be told, to be told elsewhere.
    pub(crate) fn untold(&self) -> Option<Untold> {
        let untold = &mut self.lock().untold;
        (!untold.is_empty()).then(|| mem::take(untold))
    }

    /// The replaced values that nobody reads any more, of those that were replaced at such times, to be freed by the caller.
    pub(crate) fn sweep(&self, such: impl Fn(Instant) -> bool) -> Vec<Replaced<V>> {
        let swept = self.shared.cell.sweep(|since| such(*since));
        swept.into_iter().map(Replaced::of).collect()
    }

    /// The replaced values that are still there and not kept on purpose, the oldest first, and when each was replaced: what is
    /// asked after, and what is warned of.
    pub(crate) fn left(&self) -> Vec<(Generation, Instant)> {
        let left = self
            .shared
            .cell
            .list_retired(|node, since| (!node.is_keepsake()).then_some((node.generation, *since)));
        left.into_iter().flatten().collect()
    }

    /// Whether there are replaced values that somebody reads. Those that are kept on purpose are let go on purpose, and
    /// need not be looked at before.
    pub(crate) fn must_sweep(&self) -> bool {
        self.shared.retired().0 > 0
    }

    /// Tells everybody that nothing will follow. The replaced values that somebody reads are left to them; those that nobody
    /// reads are handed to the caller, to be freed.
    pub(crate) fn stop(&self) -> Vec<Replaced<V>> {
        let mut pending = mem::take(&mut *self.lock());
        pending.release();
        pending.untold.tell();
        // Another thread may be about to tell the newest: nobody hears of the end before it.
        self.shared.news.send_if_modified(|news| {
            news.published = news.published.max(self.shared.generation());
            false
        });
        let followers = self.shared.followers.stop();
        for channel in [Arc::clone(&self.shared.news)].into_iter().chain(followers) {
            channel.send_modify(|news| news.stopped = true);
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
