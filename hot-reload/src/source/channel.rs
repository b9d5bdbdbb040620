//! [`channel`]: hints as the events of a [`RealtimeWatchHandle`](crate::RealtimeWatchHandle), for whoever opens a watch
//! without a service of this crate.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::error::Error;
use crate::hints::{self, HintSender};
use crate::watch::WatchEvent;

/// How many events may wait. Hints use up to half of it, because one that waits says the same as many; the other half
/// is kept for the end of the watch.
const CAPACITY: usize = 4;

/// A sender and the channel that a watch handle is made of.
pub(super) fn channel<V: Send + 'static>() -> (HintSender, mpsc::Receiver<WatchEvent<V>>) {
    let (tx, rx) = mpsc::channel(CAPACITY);
    (HintSender::over(Arc::new(tx)), rx)
}

impl<V: Send> hints::Channel for mpsc::Sender<WatchEvent<V>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_flood_of_hints_leaves_room_for_the_end() {
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
    fn a_sender_knows_when_nobody_listens() {
        let (sender, rx) = channel::<()>();
        assert!(!sender.is_closed());
        drop(rx);
        assert!(sender.is_closed());
    }
}
