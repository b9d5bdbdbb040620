//! [`Changes`]: the news of a service, one after the other.

use std::fmt;

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
#[must_use = "changes are only told when they are asked for"]
pub struct Changes<V> {
    live: Live<V>,
    wake: Wake,
}

impl<V> Changes<V> {
    pub(super) fn new(live: Live<V>) -> Self {
        let mut wake = Wake::from_now(live.shared.news.subscribe());
        // It may be visible and not told yet.
        wake.saw(live.shared.generation());
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
        let newest = self.live.try_get()?;
        // It may be newer than the news that woke this reader, and shall not be told twice.
        self.wake.saw(newest.generation().get());
        Some(newest)
    }

    /// The handle that these are the changes of.
    pub fn live(&self) -> &Live<V> {
        &self.live
    }
}

impl<V> fmt::Debug for Changes<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}
