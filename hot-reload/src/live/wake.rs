//! [`Wake`]: waits for a generation that its owner has not seen. It knows generations only, no values.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::watch;

use super::notifications::Notified;

/// The position of one subscriber.
///
/// Only [`mark_seen`](Self::mark_seen) marks a generation as seen; waking does not. So a dropped wait loses nothing. A
/// subscriber that reads a value before its notification is not woken for it again.
pub(super) struct Wake {
    receiver: watch::Receiver<Notified>,
    /// The newest generation that the owner has seen.
    seen: u64,
    /// The pending wait of [`poll_next`](Self::poll_next), for a generation above `seen`.
    waiting: Option<Waiting>,
}

/// Boxed, because the channel's future borrows its receiver and cannot be named.
type Waiting = Pin<Box<dyn Future<Output = Option<()>> + Send + Sync>>;

impl Wake {
    /// Generations up to `seen` count as seen. With zero, none does.
    pub(super) fn new(receiver: watch::Receiver<Notified>, seen: u64) -> Self {
        Self {
            receiver,
            seen,
            waiting: None,
        }
    }

    /// Waits for an unseen generation. Returns `None` after a stop, once the last generation was seen. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<()> {
        unseen(&mut self.receiver, self.seen).await
    }

    /// Polls for what [`next`](Self::next) waits for. The two may be mixed.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let (receiver, seen) = (&self.receiver, self.seen);
        let waiting = self.waiting.get_or_insert_with(|| {
            let mut receiver = receiver.clone();
            Box::pin(async move { unseen(&mut receiver, seen).await })
        });
        let polled = waiting.as_mut().poll(cx);
        if polled.is_ready() {
            self.waiting = None;
        }
        polled
    }

    /// The owner has read the value of this generation.
    pub(super) fn mark_seen(&mut self, published: u64) {
        if self.seen != published {
            self.seen = published;
            // It waits for a generation that is seen now.
            self.waiting = None;
        }
    }

    /// Whether the service has stopped and its last generation was seen.
    pub(super) fn is_over(&self) -> bool {
        // In this order: after the channel has closed, its content is final.
        let closed = self.receiver.has_changed().is_err();
        let notified = *self.receiver.borrow();
        notified.published <= self.seen && (closed || notified.stopped)
    }
}

async fn unseen(receiver: &mut watch::Receiver<Notified>, seen: u64) -> Option<()> {
    let unseen = receiver.wait_for(|notified| notified.published > seen || notified.stopped);
    // An error also means stopped: the publisher was dropped.
    (unseen.await.ok()?.published > seen).then_some(())
}

impl fmt::Debug for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wake")
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::future::poll_fn;

    use super::*;

    fn publish(sender: &watch::Sender<Notified>) {
        sender.send_modify(|notified| notified.published += 1);
    }

    fn channel(published: u64) -> (watch::Sender<Notified>, watch::Receiver<Notified>) {
        watch::channel(Notified {
            published,
            stopped: false,
        })
    }

    /// The answers of `poll_next` and `next`.
    fn both(wake: &mut Wake) -> [Option<Option<()>>; 2] {
        [
            poll_fn(|cx| wake.poll_next(cx)).now_or_never(),
            wake.next().now_or_never(),
        ]
    }

    const WAITS: [Option<Option<()>>; 2] = [None; 2];
    const WOKEN: [Option<Option<()>>; 2] = [Some(Some(())); 2];
    const ENDED: [Option<Option<()>>; 2] = [Some(None); 2];

    #[test]
    fn waking_repeats_until_generation_is_seen() {
        let (sender, receiver) = channel(4);
        assert_eq!(both(&mut Wake::new(receiver.clone(), 0)), WOKEN);
        let mut wake = Wake::new(receiver, 4);
        assert_eq!(both(&mut wake), WAITS);
        publish(&sender);
        assert_eq!(both(&mut wake), WOKEN);
        assert_eq!(both(&mut wake), WOKEN);
        wake.mark_seen(5);
        assert_eq!(both(&mut wake), WAITS);
    }

    #[test]
    fn generation_seen_before_notification_does_not_wake() {
        let (sender, receiver) = channel(4);
        let mut wake = Wake::new(receiver, 4);
        assert_eq!(both(&mut wake), WAITS);
        wake.mark_seen(5);
        publish(&sender);
        assert_eq!(both(&mut wake), WAITS);
        publish(&sender);
        assert_eq!(both(&mut wake), WOKEN);
    }

    #[test]
    fn last_generation_wakes_before_end_and_end_is_final() {
        for stopped_or_gone in [true, false] {
            let (sender, receiver) = channel(0);
            let mut wake = Wake::new(receiver, 0);
            assert_eq!(both(&mut wake), WAITS);
            assert!(!wake.is_over());
            publish(&sender);
            if stopped_or_gone {
                sender.send_modify(|notified| notified.stopped = true);
            } else {
                drop(sender);
            }
            assert!(!wake.is_over());
            assert_eq!(both(&mut wake), WOKEN);
            wake.mark_seen(1);
            assert!(wake.is_over());
            assert_eq!(both(&mut wake), ENDED);
            assert_eq!(both(&mut wake), ENDED);
        }
    }

    #[tokio::test]
    async fn pending_poll_registers_its_waker() {
        let (sender, receiver) = channel(0);
        let mut wake = Wake::new(receiver, 0);
        let waiting = tokio::spawn(async move { poll_fn(|cx| wake.poll_next(cx)).await });
        tokio::task::yield_now().await;
        publish(&sender);
        assert_eq!(waiting.await.ok(), Some(Some(())));
    }
}
