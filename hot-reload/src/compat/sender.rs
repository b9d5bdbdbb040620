//! [`ReloaderSender`]: the sender of the compatible surface.

use std::fmt;

use tokio::sync::watch;
use tokio::sync::watch::error::SendError;

/// Publishes values to [`ReloaderReceiver`](crate::ReloaderReceiver)s.
pub struct ReloaderSender<V>(watch::Sender<Option<V>>);

impl<V> ReloaderSender<V> {
    pub(crate) fn new(channel: watch::Sender<Option<V>>) -> Self {
        Self(channel)
    }

    /// Publishes a value, or `None` if there is no value any more.
    ///
    /// # Errors
    ///
    /// Returns the value if there is no receiver.
    pub fn send(&self, value: Option<V>) -> Result<(), SendError<Option<V>>> {
        self.0.send(value)
    }

    /// Publishes a value and keeps it for later subscribers. Returns the replaced value.
    #[must_use = "dropping a value runs code of the user's"]
    pub(crate) fn publish(&self, value: Option<V>) -> Option<V> {
        self.0.send_replace(value)
    }

    /// Creates a receiver that sees the current value as a change.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<V>> {
        let mut receiver = self.0.subscribe();
        if receiver.borrow().is_some() {
            receiver.mark_changed();
        }
        receiver
    }
}

impl<V> fmt::Debug for ReloaderSender<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReloaderSender").finish_non_exhaustive()
    }
}
