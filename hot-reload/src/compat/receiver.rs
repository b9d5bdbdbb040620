//! [`ReloaderReceiver`]: the receiver of the compatible surface.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Display;
use std::future;
use std::marker::PhantomData;

use tokio::sync::watch;

use crate::error::ReloadResult;

/// Receives the values of a service.
///
/// It has no value before the first load, and the first value counts as a change. A clone has seen the same changes as the
/// original. Each clone is notified of the end of the service.
///
/// After the service has ended, [`get`](Self::get) returns `None`, so that a loop around it ends. The last value stays
/// readable through [`borrow`](Self::borrow), and through a [`Live`](crate::Live) of the same service.
///
/// ```
/// # use hot_reload::ReloaderReceiver;
/// # async fn serve(mut rx: ReloaderReceiver<String>) {
/// loop {
///     tokio::select! {
///         _ = rx.changed() => {
///             if let Some(value) = rx.get() {
///                 println!("now {value}");
///             } else {
///                 break; // the service has ended, or its source was removed
///             }
///         }
///     }
/// }
/// # }
/// ```
pub struct ReloaderReceiver<V, S = &'static str> {
    channel: watch::Receiver<Option<V>>,
    /// Whether `changed` has reported the end of the service.
    ended: bool,
    /// The type of error texts, which occurs only in the result of `changed`.
    _error: PhantomData<fn() -> S>,
}

impl<V, S> ReloaderReceiver<V, S> {
    pub(crate) fn new(channel: watch::Receiver<Option<V>>) -> Self {
        Self {
            channel,
            ended: false,
            _error: PhantomData,
        }
    }

    /// Borrows the current value, or the last value of an ended service.
    ///
    /// The guard holds a lock: drop it soon, and never keep it across an `.await`.
    pub fn borrow(&self) -> watch::Ref<'_, Option<V>> {
        self.channel.borrow()
    }

    /// Clones the current value. `None` before the first value and after the end of the service.
    pub fn get(&self) -> Option<V>
    where
        V: Clone,
    {
        // An error means that the service has ended.
        let is_open = self.channel.has_changed().is_ok();
        self.borrow().clone().filter(|_| is_open)
    }
}

impl<V, S> ReloaderReceiver<V, S>
where
    S: Into<Cow<'static, str>> + Display,
{
    /// Waits for the next value, or for its removal.
    ///
    /// # Errors
    ///
    /// [`WatchRecvError`](crate::ReloaderError::WatchRecvError) once the service was stopped or dropped. Only the first call
    /// returns it. Later calls never return, so a `select!` branch on them does not spin. From then on [`get`](Self::get)
    /// returns `None`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, the next call returns the change.
    pub async fn changed(&mut self) -> ReloadResult<(), V, S> {
        if self.ended {
            future::pending::<()>().await;
        }
        let changed = self.channel.changed().await;
        self.ended = changed.is_err();
        Ok(changed?)
    }
}

impl<V, S> Clone for ReloaderReceiver<V, S> {
    fn clone(&self) -> Self {
        Self {
            channel: self.channel.clone(),
            // The clone has not reported the end yet.
            ended: false,
            _error: PhantomData,
        }
    }
}

impl<V, S> fmt::Debug for ReloaderReceiver<V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReloaderReceiver").finish_non_exhaustive()
    }
}
