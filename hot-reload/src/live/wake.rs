//! [`Wake`]: waiting until something was published that its owner has not seen.
//!
//! It knows of numbers only: neither what a value is, nor where it is held.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::watch;

use super::news::News;

/// One subscriber's place in the news.
///
/// Being woken marks nothing as seen; [`saw`](Self::saw) does. So a wait that is dropped loses nothing, and whoever
/// finds a value that is newer than the news of it is not woken for it again.
pub(super) struct Wake {
    receiver: watch::Receiver<News>,
    /// How many values had been published when its owner looked last.
    seen: u64,
    /// The wait of a [`poll_next`](Self::poll_next) that is not over, for what `seen` says now.
    waiting: Option<Waiting>,
}

/// Boxed, because a future of the channel borrows its receiver, and has no name.
type Waiting = Pin<Box<dyn Future<Output = Option<()>> + Send + Sync>>;

impl Wake {
    /// What was published up to this number counts as seen: up to zero, nothing does.
    pub(super) fn new(receiver: watch::Receiver<News>, seen: u64) -> Self {
        Self {
            receiver,
            seen,
            waiting: None,
        }
    }

    /// Waits until something is there that was not seen. `None`, for ever, once nothing more will come.
    ///
    /// The last value before a stop is still told. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<()> {
        unseen(&mut self.receiver, self.seen).await
    }

    /// As [`next`](Self::next), which it may be mixed with.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let (receiver, seen) = (&self.receiver, self.seen);
        let waiting = self.waiting.get_or_insert_with(|| {
            let mut receiver = receiver.clone();
            Box::pin(async move { unseen(&mut receiver, seen).await })
        });
        let news = waiting.as_mut().poll(cx);
        if news.is_ready() {
            self.waiting = None;
        }
        news
    }

    /// The owner has looked, and this is the number of the value that it found.
    pub(super) fn saw(&mut self, published: u64) {
        if self.seen != published {
            self.seen = published;
            // It waits for what was seen just now.
            self.waiting = None;
        }
    }

    /// Whether nothing is left to be told, and nothing will come.
    pub(super) fn is_over(&self) -> bool {
        // Asked first: what is read from a closed channel afterwards is the last that was said in it.
        let closed = self.receiver.has_changed().is_err();
        let news = *self.receiver.borrow();
        news.published <= self.seen && (closed || news.stopped)
    }
}

async fn unseen(receiver: &mut watch::Receiver<News>, seen: u64) -> Option<()> {
    let news = receiver.wait_for(|news| news.published > seen || news.stopped);
    // An error means stopped, too: the publisher is gone.
    (news.await.ok()?.published > seen).then_some(())
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

    fn publish(sender: &watch::Sender<News>) {
        sender.send_modify(|news| news.published += 1);
    }

    fn channel(published: u64) -> (watch::Sender<News>, watch::Receiver<News>) {
        watch::channel(News {
            published,
            stopped: false,
        })
    }

    /// What each form says now.
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
    fn news_stay_news_until_they_were_seen() {
        let (sender, receiver) = channel(4);
        assert_eq!(both(&mut Wake::new(receiver.clone(), 0)), WOKEN);
        let mut wake = Wake::new(receiver, 4);
        assert_eq!(both(&mut wake), WAITS);
        publish(&sender);
        assert_eq!(both(&mut wake), WOKEN);
        assert_eq!(both(&mut wake), WOKEN);
        wake.saw(5);
        assert_eq!(both(&mut wake), WAITS);
    }

    #[test]
    fn whoever_found_a_value_before_the_news_of_it_is_not_woken_for_it() {
        let (sender, receiver) = channel(4);
        let mut wake = Wake::new(receiver, 4);
        assert_eq!(both(&mut wake), WAITS);
        wake.saw(5);
        publish(&sender);
        assert_eq!(both(&mut wake), WAITS);
        publish(&sender);
        assert_eq!(both(&mut wake), WOKEN);
    }

    #[test]
    fn what_came_before_the_end_is_told_and_then_the_end_for_ever() {
        for stopped_or_gone in [true, false] {
            let (sender, receiver) = channel(0);
            let mut wake = Wake::new(receiver, 0);
            assert_eq!(both(&mut wake), WAITS);
            assert!(!wake.is_over());
            publish(&sender);
            if stopped_or_gone {
                sender.send_modify(|news| news.stopped = true);
            } else {
                drop(sender);
            }
            assert!(!wake.is_over());
            assert_eq!(both(&mut wake), WOKEN);
            wake.saw(1);
            assert!(wake.is_over());
            assert_eq!(both(&mut wake), ENDED);
            assert_eq!(both(&mut wake), ENDED);
        }
    }

    #[tokio::test]
    async fn a_poll_leaves_a_waker_that_the_next_news_call() {
        let (sender, receiver) = channel(0);
        let mut wake = Wake::new(receiver, 0);
        let waiting = tokio::spawn(async move { poll_fn(|cx| wake.poll_next(cx)).await });
        tokio::task::yield_now().await;
        publish(&sender);
        assert_eq!(waiting.await.ok(), Some(Some(())));
    }
}
