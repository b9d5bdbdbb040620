//! [`channel`]: sends hints as the events of a [`RealtimeWatchHandle`], for programs that open a watch without a service.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::error::{Error, ErrorKind};
use crate::hints::{self, HintSender, Subscription};
use crate::watch::{RealtimeWatchHandle, WatchEvent};

/// The capacity in events. Hints use at most half of it, because one waiting hint has the same effect as many. The other
/// half is reserved for the end of the watch.
const CAPACITY: usize = 4;

/// A sender of hints, and the receiver for a watch handle.
pub(super) fn channel<V: Send + 'static>() -> (HintSender, mpsc::Receiver<WatchEvent<V>>) {
    let (tx, rx) = mpsc::channel(CAPACITY);
    (HintSender::over(Arc::new(tx)), rx)
}

/// The handle of a watch that sends to this channel.
///
/// # Errors
///
/// The source has no watch.
pub(super) fn handle<V>(
    events: mpsc::Receiver<WatchEvent<V>>,
    subscription: Subscription,
) -> Result<RealtimeWatchHandle<V>, Error> {
    match subscription.into_guard() {
        Some(guard) => Ok(RealtimeWatchHandle::with_cleanup(events, guard)),
        None => Err(Error::new(ErrorKind::NotFound, "the source has no watch")),
    }
}

impl<V: Send> hints::Channel for mpsc::Sender<WatchEvent<V>> {
    fn hint(&self) {
        if self.capacity() > CAPACITY / 2 {
            // An error means closed, or full because another sender was faster: then a hint is already waiting.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_hints_leave_room_for_the_end_of_the_watch() {
        let (sender, mut rx) = channel::<()>();
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
    fn sender_is_closed_once_the_receiver_is_dropped() {
        let (sender, rx) = channel::<()>();
        assert!(!sender.is_closed());
        drop(rx);
        assert!(sender.is_closed());
    }
}
