//! [`Changes`]: a subscription to the values of a service.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::stream::FusedStream;

use super::callback::methods::{Followed, callback_methods};
use super::handle::Live;
use super::wake::Wake;
use crate::error::{Error, ErrorKind};
use crate::runtime::callbacks::Callbacks;
use crate::snapshot::{Generation, Snapshot};

/// A subscription to the changes of a value: from [`Live::subscribe`].
///
/// A slow subscriber gets the newest value and misses those in between. In a branch of `tokio::select!`, the pattern `Some(..)`
/// disables the branch once the service has stopped:
///
/// ```
/// # async fn work() {}
/// # async fn example(live: hot_reload::Live<String>) {
/// let mut changes = live.subscribe();
/// loop {
///     tokio::select! {
///         Some(snapshot) = changes.changed() => println!("now {}", *snapshot),
///         () = work() => break,
///     }
/// }
/// # }
/// ```
///
/// It is also a `Stream`, which ends when the service has stopped. The stream and [`changed`](Self::changed) share one
/// position, so they may be mixed:
///
/// ```
/// use futures_util::StreamExt;
///
/// # async fn example(live: hot_reload::Live<String>) {
/// let mut lengths = live.subscribe().map(|snapshot| snapshot.len());
/// while let Some(length) = lengths.next().await {
///     println!("now of {length} bytes");
/// }
/// # }
/// ```
#[must_use = "a subscription does nothing unless it is awaited"]
pub struct Changes<V> {
    live: Live<V>,
    wake: Wake,
}

impl<V> Live<V> {
    /// Subscribes to changes from now on. The visible value counts as seen.
    pub fn subscribe(&self) -> Changes<V> {
        Changes::new(self.clone())
    }

    /// Waits for the first value. Returns at once if there is one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stopped`] if the service stopped before it had one.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost if the future is dropped.
    pub async fn ready(&self) -> Result<(), Error> {
        let ready = self.subscribe().wait_for(|_| true).await;
        let ready = ready.map(drop);
        ready.ok_or_else(|| stopped("the service stopped before it had a value"))
    }

    /// Waits for a value that meets a condition. Returns at once if the visible value does.
    ///
    /// May be called before the first value. A slow caller may miss values in between, but never the newest.
    ///
    /// ```
    /// # struct Config { upstreams: Vec<String> }
    /// # async fn example(live: hot_reload::Live<Config>) -> Result<(), hot_reload::Error> {
    /// let config = live.wait_for(|config| !config.upstreams.is_empty()).await?;
    /// println!("{} upstreams", config.upstreams.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stopped`] if the service stopped before such a value was published.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost if the future is dropped.
    pub async fn wait_for(&self, wanted: impl FnMut(&V) -> bool) -> Result<Snapshot<V>, Error> {
        let found = self.subscribe().wait_for(wanted).await;
        found.ok_or_else(|| stopped("the service stopped before a value met the condition"))
    }
}

fn stopped(message: &'static str) -> Error {
    Error::new(ErrorKind::Stopped, message)
}

impl<V> Changes<V> {
    pub(super) fn new(live: Live<V>) -> Self {
        // Subscribers may not have been notified of the visible value yet.
        let wake = Wake::new(live.shared.channel.subscribe(), live.shared.generation());
        Self { live, wake }
    }

    /// Waits for the next value. Returns `None` once the service has stopped, and at every call after that.
    ///
    /// If a value was published between two calls, the second call returns it at once.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, the next call returns the change.
    pub async fn changed(&mut self) -> Option<Snapshot<V>> {
        self.wake.next().await?;
        self.newest()
    }

    /// Waits for a value that meets a condition. Returns `None` if the service stops first.
    ///
    /// Tests the visible value first, even if it was returned before, and then each newer one. A tested value counts as seen.
    ///
    /// ```
    /// # #[derive(PartialEq)] enum Mode { Open, Closed }
    /// # async fn example(live: hot_reload::Live<Mode>) {
    /// let mut changes = live.subscribe();
    /// while changes.wait_for(|mode| *mode == Mode::Closed).await.is_some() {
    ///     println!("closed");
    ///     if changes.wait_for(|mode| *mode == Mode::Open).await.is_some() {
    ///         println!("open again");
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, `wanted` has refused every value that counts as seen.
    pub async fn wait_for(&mut self, mut wanted: impl FnMut(&V) -> bool) -> Option<Snapshot<V>> {
        loop {
            if let Some(newest) = self.newest()
                && wanted(&newest)
            {
                return Some(newest);
            }
            self.wake.next().await?;
        }
    }

    /// The handle that was subscribed to.
    pub fn live(&self) -> &Live<V> {
        &self.live
    }

    /// Returns the visible value, which counts as seen from now on.
    pub(super) fn newest(&mut self) -> Option<Snapshot<V>> {
        let newest = self.live.try_get()?;
        // It may be newer than the notification. It counts as seen, so that it is returned once.
        self.wake.mark_seen(newest.generation().get());
        Some(newest)
    }
}

impl<V: Send + Sync + 'static> Followed for Live<V> {
    type Item = Snapshot<V>;

    fn publications(
        &self,
    ) -> (
        Option<Snapshot<V>>,
        impl Stream<Item = Snapshot<V>> + Send + 'static,
    ) {
        let mut changes = Changes::new(self.unkept());
        (changes.newest(), changes)
    }

    fn callbacks(&self) -> &Callbacks {
        &self.shared.callbacks
    }

    fn generation(snapshot: &Snapshot<V>) -> Generation {
        snapshot.generation()
    }
}

#[cfg(feature = "blocking")]
impl<V> Live<V> {
    /// Waits for the end of all callbacks on the engine's thread.
    pub(crate) async fn callbacks_ended(&self) {
        self.shared.callbacks.ended().await;
    }
}

impl<V: Send + Sync + 'static> Live<V> {
    callback_methods!(
        "Live",
        Snapshot<V>,
        "# async fn example(handle: hot_reload::Live<String>) {"
    );
}

impl<V> Stream for Changes<V> {
    type Item = Snapshot<V>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let woken = self.wake.poll_next(cx);
        woken.map(|woken| woken.and_then(|()| self.newest()))
    }
}

impl<V> FusedStream for Changes<V> {
    /// Whether the service has stopped and the last value was returned.
    fn is_terminated(&self) -> bool {
        self.wake.is_over()
    }
}

impl<V> fmt::Debug for Changes<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt};

    use super::*;
    use crate::live::Publisher;

    /// The result of polling a future once: a generation, or the end.
    fn now<V>(changed: impl Future<Output = Option<Snapshot<V>>>) -> Option<Option<u64>> {
        let changed = changed.now_or_never()?;
        Some(changed.map(|snapshot| snapshot.generation().get()))
    }

    #[test]
    fn changes_are_send_and_sync() {
        fn both<T: Send + Sync + Unpin>(_: T) {}
        both(Live::fixed("a value").subscribe());
    }

    #[test]
    fn each_value_is_returned_once_by_any_method() {
        let publisher = Publisher::new();
        let mut changes = publisher.live().subscribe();
        for generation in 1..=9_u64 {
            assert_eq!(now(changes.next()), None);
            publisher.publish_fixed(generation);
            let changed = match generation % 3 {
                0 => now(changes.next()),
                1 => now(changes.changed()),
                _ => now(changes.wait_for(|value| *value == generation)),
            };
            assert_eq!(changed, Some(Some(generation)));
            assert_eq!(now(changes.changed()), None);
        }
        assert_eq!(now(changes.next()), None);
    }

    #[test]
    fn tested_value_counts_as_seen() {
        let publisher = Publisher::new();
        let mut changes = publisher.live().subscribe();
        assert_eq!(now(changes.wait_for(|_| false)), None, "no value yet");
        publisher.publish_fixed("first");
        assert_eq!(now(changes.wait_for(|_| false)), None);
        assert_eq!(now(changes.changed()), None);
        assert_eq!(
            now(changes.wait_for(|value| *value == "first")),
            Some(Some(1)),
            "the visible value is tested all the same"
        );
    }

    #[test]
    fn wait_for_tests_each_value_once_and_ends_at_stop() {
        let publisher = Publisher::new();
        publisher.publish_fixed(1);
        let mut changes = publisher.live().subscribe();
        let mut tested = Vec::new();
        {
            let mut waiting = std::pin::pin!(changes.wait_for(|value| {
                tested.push(*value);
                false
            }));
            assert_eq!(now(&mut waiting), None);
            publisher.publish_fixed(2);
            publisher.publish_fixed(3);
            assert_eq!(now(&mut waiting), None);
            assert_eq!(now(&mut waiting), None);
            publisher.publish_fixed(4);
            publisher.stop();
            assert_eq!(now(&mut waiting), Some(None));
        }
        assert_eq!(tested, [1, 3, 4]);
        assert_eq!(now(changes.wait_for(|value| *value == 4)), Some(Some(4)));
    }
}
