//! [`Changes`]: the news of a service, one after the other.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::stream::FusedStream;

use super::Live;
use super::wake::Wake;
use crate::snapshot::Snapshot;

/// The changes of a value: from [`Live::subscribe`].
///
/// A slow reader is told of the newest value and not of those that it missed. Fits a branch of `tokio::select!`, which
/// switches itself off when the service has stopped:
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
/// It is a `Stream`, too, which ends when the service has stopped. The stream and [`changed`](Self::changed) go on where
/// the other one left off, so they may be mixed:
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
#[must_use = "changes are only told when they are asked for"]
pub struct Changes<V> {
    live: Live<V>,
    wake: Wake,
}

impl<V> Changes<V> {
    pub(super) fn new(live: Live<V>) -> Self {
        // What is visible, which may not have been told yet.
        let wake = Wake::new(live.shared.news.subscribe(), live.shared.generation());
        Self { live, wake }
    }

    /// The value of now counts as new, if there is one.
    pub(super) fn from_start(live: Live<V>) -> Self {
        let wake = Wake::new(live.shared.news.subscribe(), 0);
        Self { live, wake }
    }

    /// Waits for the next value. `None` once the service has stopped, and again `None` at every further call.
    ///
    /// A value that was published between two calls is not lost: the second one returns at once.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, the change is told by the next call.
    pub async fn changed(&mut self) -> Option<Snapshot<V>> {
        self.wake.next().await?;
        self.newest()
    }

    /// Waits for a value that is as wanted. `None` if the service stopped without one.
    ///
    /// Looks at the value of now first, whether or not it was told already, and then at each newer one. What was looked
    /// at counts as told.
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
    /// Cancel safe: if the future is dropped, every value that counts as told has been refused by `wanted`.
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

    /// The handle that these are the changes of.
    pub fn live(&self) -> &Live<V> {
        &self.live
    }

    /// The value of now, which is thereby told.
    fn newest(&mut self) -> Option<Snapshot<V>> {
        let newest = self.live.try_get()?;
        // It may be newer than the news that woke this reader, and shall not be told twice.
        self.wake.saw(newest.generation().get());
        Some(newest)
    }
}

impl<V> Stream for Changes<V> {
    type Item = Snapshot<V>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let news = self.wake.poll_next(cx);
        news.map(|news| news.and_then(|()| self.newest()))
    }
}

impl<V> FusedStream for Changes<V> {
    /// Whether the service has stopped and its last value was told.
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

    /// What is told now, if anything: its number, or that this is the end.
    fn now<V>(told: impl Future<Output = Option<Snapshot<V>>>) -> Option<Option<u64>> {
        let told = told.now_or_never()?;
        Some(told.map(|snapshot| snapshot.generation().get()))
    }

    #[test]
    fn changes_may_be_sent_and_shared() {
        fn both<T: Send + Sync + Unpin>(_: T) {}
        both(Live::fixed("a value").subscribe());
    }

    #[test]
    fn each_value_is_told_once_whichever_way_it_is_asked_for() {
        let publisher = Publisher::new();
        let mut changes = publisher.live().subscribe();
        for generation in 1..=9_u64 {
            assert_eq!(now(changes.next()), None);
            publisher.publish_fixed(generation);
            let told = match generation % 3 {
                0 => now(changes.next()),
                1 => now(changes.changed()),
                _ => now(changes.wait_for(|value| *value == generation)),
            };
            assert_eq!(told, Some(Some(generation)));
            assert_eq!(now(changes.changed()), None);
        }
        assert_eq!(now(changes.next()), None);
    }

    #[test]
    fn what_was_waited_for_in_vain_counts_as_told() {
        let publisher = Publisher::new();
        let mut changes = publisher.live().subscribe();
        assert_eq!(now(changes.wait_for(|_| false)), None, "nothing is there");
        publisher.publish_fixed("first");
        assert_eq!(now(changes.wait_for(|_| false)), None);
        assert_eq!(now(changes.changed()), None);
        assert_eq!(
            now(changes.wait_for(|value| *value == "first")),
            Some(Some(1)),
            "the value of now is looked at even so"
        );
    }

    #[test]
    fn a_wait_looks_at_each_value_once_and_ends_with_the_service() {
        let publisher = Publisher::new();
        publisher.publish_fixed(1);
        let mut changes = publisher.live().subscribe();
        let mut looked = Vec::new();
        {
            let mut waiting = std::pin::pin!(changes.wait_for(|value| {
                looked.push(*value);
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
        assert_eq!(looked, [1, 3, 4]);
        assert_eq!(now(changes.wait_for(|value| *value == 4)), Some(Some(4)));
    }
}
