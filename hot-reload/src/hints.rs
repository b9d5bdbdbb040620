//! [`HintSender`] and [`Subscription`]: the thread between a source's watch and the service that it wakes.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::error::Error;
use crate::watch::WatchEvent;

/// How many events may wait. Hints use up to half of it, because one that waits says the same as many; the other half
/// is kept for the end of the watch.
const CAPACITY: usize = 4;

/// Tells a service that its source may have changed. Cloning is cheap; no method ever waits.
#[derive(Clone)]
pub struct HintSender(Arc<dyn Link>);

trait Link: Send + Sync {
    fn hint(&self);
    fn lost(&self, error: &Error);
    fn is_closed(&self) -> bool;
}

impl HintSender {
    /// A sender and the channel that a watch handle is made of.
    pub(super) fn channel<V: Send + 'static>() -> (Self, mpsc::Receiver<WatchEvent<V>>) {
        let (tx, rx) = mpsc::channel(CAPACITY);
        (Self(Arc::new(tx)), rx)
    }

    /// Something may have changed: look again.
    pub fn hint(&self) {
        self.0.hint();
    }

    /// The watch has ended, for this reason. Hints after it are in vain.
    pub fn lost(&self, error: &Error) {
        self.0.lost(error);
    }

    /// Whether nobody listens any more.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl fmt::Debug for HintSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HintSender")
            .field("closed", &self.is_closed())
            .finish()
    }
}

impl<V: Send> Link for mpsc::Sender<WatchEvent<V>> {
    fn hint(&self) {
        if self.capacity() > CAPACITY / 2 {
            // An error means closed, or full by a race with another sender: then a hint is already waiting.
            let _ = self.try_send(WatchEvent::Hint);
        }
    }

    fn lost(&self, error: &Error) {
        let _ = self.try_send(WatchEvent::Error(error.to_string()));
    }

    fn is_closed(&self) -> bool {
        self.is_closed()
    }
}

/// A subscription to a source's hints. Dropping it ends it.
pub struct Subscription(Box<dyn Any + Send>);

impl Subscription {
    /// A subscription that lasts as long as `guard`.
    pub fn new(guard: impl Any + Send) -> Self {
        Self(Box::new(guard))
    }

    /// The guard itself, as a watch handle wants it.
    pub(super) fn into_guard(self) -> Box<dyn Any + Send> {
        self.0
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_flood_of_hints_leaves_room_for_the_end() {
        let (sender, mut rx) = HintSender::channel::<()>();
        (0..100_000).for_each(|_| sender.hint());
        sender.lost(&Error::new(ErrorKind::Unavailable, "gone"));
        let mut seen = Vec::new();
        while let Ok(event) = rx.try_recv() {
            seen.push(event);
        }
        assert!(seen.len() <= CAPACITY);
        assert_eq!(seen.last(), Some(&WatchEvent::Error("gone".to_owned())));
    }

    #[test]
    fn a_sender_knows_when_nobody_listens() {
        let (sender, rx) = HintSender::channel::<()>();
        assert!(!sender.is_closed());
        drop(rx);
        assert!(sender.is_closed());
    }
}
