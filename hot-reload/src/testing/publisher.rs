//! [`Publisher`]: publishes values in place of a service, for tests.

use std::fmt;
use std::sync::{Mutex, MutexGuard};

use crate::live::{self, Live};
use crate::locks::lock;
use crate::snapshot::Generation;

/// Publishes values in place of a service, for tests of code that reads a [`Live`].
///
/// It has no source, no task and no clock. A value is visible when [`publish`](Self::publish) returns. Every snapshot has the load
/// time [`SystemTime::UNIX_EPOCH`](std::time::SystemTime::UNIX_EPOCH). The trigger of the first value is
/// [`Trigger::Startup`](crate::event::Trigger::Startup), that of all others [`Trigger::Manual`](crate::event::Trigger::Manual). For
/// a test with one value and no changes, use [`Live::fixed`].
///
/// Dropping the publisher stops the service, as [`stop`](Self::stop) does.
///
/// ```
/// use hot_reload::testing::Publisher;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let publisher = Publisher::new("first");
/// let live = publisher.live();
/// let mut changes = live.subscribe();
/// assert_eq!(*live.load(), "first");
///
/// let generation = publisher.publish("second");
/// assert_eq!(generation.get(), 2);
/// assert_eq!(*live.load(), "second");
/// assert_eq!(*changes.changed().await.unwrap(), "second");
///
/// publisher.stop();
/// assert!(changes.changed().await.is_none());
/// assert_eq!(*live.load(), "second");
/// # }
/// ```
#[must_use = "dropping the publisher stops the service"]
pub struct Publisher<V> {
    live: Live<V>,
    /// Locked from the choice of a generation until its value is visible.
    publisher: Mutex<live::Publisher<V>>,
}

impl<V> Publisher<V> {
    /// Makes a publisher and publishes its first value.
    pub fn new(value: V) -> Self {
        let publisher = live::Publisher::new();
        let publisher = Self {
            live: publisher.live(),
            publisher: Mutex::new(publisher),
        };
        publisher.publish(value);
        publisher
    }

    /// Makes a read handle.
    pub fn live(&self) -> Live<V> {
        self.live.clone()
    }

    /// Publishes a value, notifies subscribers, and returns its generation.
    ///
    /// Frees the value before, or, if a reader still holds it, leaves that to a later call. Several threads may publish at once;
    /// generations go up by one.
    ///
    /// # Panics
    ///
    /// If the function or the comparison of a [projection](Live::map) panics. Then the value is not published.
    pub fn publish(&self, value: V) -> Generation {
        let publisher = self.lock();
        let generation = publisher.publish_by_hand(value);
        let (notifications, swept) = (publisher.take_notifications(), publisher.sweep(|_| true));
        // Wakers and drops of values run without the lock.
        drop(publisher);
        if let Some(notifications) = notifications {
            notifications.send();
        }
        drop(swept);
        generation
    }

    /// Stops: subscribers get the end, and the last value stays readable.
    pub fn stop(self) {}

    fn lock(&self) -> MutexGuard<'_, live::Publisher<V>> {
        lock(&self.publisher)
    }
}

impl<V> Drop for Publisher<V> {
    fn drop(&mut self) {
        self.lock().stop();
    }
}

impl<V> fmt::Debug for Publisher<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};
    use std::task::{Context, Wake, Waker};
    use std::thread;

    use futures_util::StreamExt;

    use super::*;
    use crate::event::Trigger;

    #[tokio::test]
    async fn subscriber_gets_values_and_the_end() {
        let publisher = Publisher::new(1);
        let mut changes = publisher.live().subscribe();
        let received = tokio::spawn(async move {
            let mut received = Vec::new();
            while let Some(snapshot) = changes.changed().await {
                received.push((*snapshot, snapshot.generation().get(), snapshot.trigger()));
            }
            received
        });
        tokio::task::yield_now().await;
        publisher.publish(20);
        drop(publisher);
        assert_eq!(received.await.unwrap(), [(20, 2, Trigger::Manual)]);
    }

    /// Does something once, when it is called.
    struct Calling(Mutex<Option<Box<dyn FnOnce() + Send>>>);

    impl Wake for Calling {
        fn wake(self: Arc<Self>) {
            let call = self.0.lock().unwrap().take();
            call.expect("called once")();
        }
    }

    #[test]
    fn wakers_and_projection_functions_may_use_the_publisher() {
        static PUBLISHER: OnceLock<Publisher<u32>> = OnceLock::new();
        let publisher = PUBLISHER.get_or_init(|| Publisher::new(1));
        let live = publisher.live();
        let part = live.map(|value| {
            let publisher = PUBLISHER.get().expect("it was made");
            assert!(*publisher.live().get() < 3, "the value before");
            value
        });
        let mut parts = part.subscribe();
        let mut changes = live.subscribe();
        let calling: Box<dyn FnOnce() + Send> = Box::new(|| _ = publisher.publish(3));
        let waker = Waker::from(Arc::new(Calling(Mutex::new(Some(calling)))));
        let waiting = changes.poll_next_unpin(&mut Context::from_waker(&waker));
        assert!(waiting.is_pending());
        assert_eq!(publisher.publish(2).get(), 2);
        assert_eq!(*live.load(), 3);
        assert!(
            parts
                .poll_next_unpin(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
    }

    #[test]
    fn concurrent_publications_get_distinct_generations() {
        let publisher = Arc::new(Publisher::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let publisher = Arc::clone(&publisher);
                thread::spawn(move || (0..100).map(|n| publisher.publish(n).get()).collect())
            })
            .collect();
        let mut numbers: Vec<u64> = threads
            .into_iter()
            .flat_map(|thread: thread::JoinHandle<Vec<_>>| thread.join().unwrap())
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (2..=201).collect::<Vec<_>>());
        assert_eq!(publisher.live().get().generation().get(), 201);
    }
}
