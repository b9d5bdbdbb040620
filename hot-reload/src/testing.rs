//! [`Publisher`]: a service in the hands of a test.

use std::fmt;
use std::sync::{Mutex, MutexGuard};

use crate::live::{self, Live};
use crate::locks::lock;
use crate::snapshot::Generation;

/// Publishes values in place of a service, for tests of code that reads a [`Live`].
///
/// There is no source, no task and no clock: a value is visible when [`publish`](Self::publish) returns, and every
/// snapshot says that it was loaded at [`SystemTime::UNIX_EPOCH`](std::time::SystemTime::UNIX_EPOCH). The first value was
/// caused by [`Trigger::Startup`](crate::Trigger::Startup), every other by [`Trigger::Manual`](crate::Trigger::Manual). A
/// test that needs one value and no changes is served by [`Live::fixed`].
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
    /// Held from the choice of a number until the value that bears it is visible.
    publisher: Mutex<live::Publisher<V>>,
}

impl<V> Publisher<V> {
    /// A service that has published this value as its first.
    pub fn new(value: V) -> Self {
        let publisher = live::Publisher::new();
        let publisher = Self {
            live: publisher.live(),
            publisher: Mutex::new(publisher),
        };
        publisher.publish(value);
        publisher
    }

    /// A handle on what is published here. All handles see the same.
    pub fn live(&self) -> Live<V> {
        self.live.clone()
    }

    /// Makes a value visible, tells those who wait for it, and says which number it bears.
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
        let (untold, swept) = (publisher.untold(), publisher.sweep(|_| true));
        // Neither those who are woken nor the values that are freed shall find it locked.
        drop(publisher);
        if let Some(untold) = untold {
            untold.tell();
        }
        drop(swept);
        generation
    }

    /// Stops the service: nothing follows, and the last value stays readable.
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
    async fn whoever_waits_is_told_of_a_value_and_of_the_end() {
        let publisher = Publisher::new(1);
        let mut changes = publisher.live().subscribe();
        let told = tokio::spawn(async move {
            let mut told = Vec::new();
            while let Some(snapshot) = changes.changed().await {
                told.push((*snapshot, snapshot.generation().get(), snapshot.trigger()));
            }
            told
        });
        tokio::task::yield_now().await;
        publisher.publish(20);
        drop(publisher);
        assert_eq!(told.await.unwrap(), [(20, 2, Trigger::Manual)]);
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
    fn several_threads_publish_each_under_a_number_of_its_own() {
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
