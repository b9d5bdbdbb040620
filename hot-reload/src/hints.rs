//! [`HintSender`], [`Hints`] and [`Subscription`]: the channel from the watch of a source to its service.

use std::any::Any;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use futures_util::Stream;

use crate::error::{Error, ErrorKind};
use crate::locks::lock;

/// Notifies a service that its source may have changed. Cloning is cheap, and no method waits.
///
/// The watch has ended when the last clone is dropped.
pub struct HintSender(Arc<dyn Channel>);

/// The receiving side of a sender.
pub(crate) trait Channel: Send + Sync {
    fn hint(&self);
    fn lost(&self, error: &Error);
    fn is_closed(&self) -> bool;

    /// A sender was added.
    fn joined(&self) {}

    /// A sender was dropped.
    fn left(&self) {}
}

impl HintSender {
    /// Makes a sender and its receiver, for a test of [`RealtimeWatch::watch_hints`](crate::RealtimeWatch::watch_hints) or
    /// [`Source::subscribe`](crate::source::Source::subscribe). A service makes its own.
    pub fn pair() -> (Self, Hints) {
        let slot = Arc::new(Slot::default());
        (
            Self::over(Arc::clone(&slot) as _),
            Hints { slot, over: false },
        )
    }

    /// Makes a sender to another kind of receiver.
    pub(crate) fn over(channel: Arc<dyn Channel>) -> Self {
        channel.joined();
        Self(channel)
    }

    /// Notifies the service that something may have changed.
    pub fn hint(&self) {
        self.0.hint();
    }

    /// Ends the watch with this error. Later hints have no effect.
    pub fn lost(&self, error: &Error) {
        self.0.lost(error);
    }

    /// Whether the receiver is gone.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl Clone for HintSender {
    fn clone(&self) -> Self {
        Self::over(Arc::clone(&self.0))
    }
}

impl Drop for HintSender {
    fn drop(&mut self) {
        self.0.left();
    }
}

impl fmt::Debug for HintSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HintSender")
            .field("closed", &self.is_closed())
            .finish()
    }
}

/// The receiver of hints: from [`HintSender::pair`].
pub struct Hints {
    slot: Arc<Slot>,
    /// Whether the stream has returned the error that ended the watch.
    over: bool,
}

impl Hints {
    /// Waits for the next hint. All hints since the last call count as one.
    ///
    /// # Errors
    ///
    /// The reason for the end of the watch. No hint follows.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, the next call returns the hint.
    pub async fn next(&mut self) -> Result<(), Error> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut state = self.slot.state();
        if mem::take(&mut state.hinted) {
            return Poll::Ready(Ok(()));
        }
        if let Some(error) = &state.lost {
            return Poll::Ready(Err(error.clone()));
        }
        if state.senders == 0 {
            let text = "the watch was closed";
            return Poll::Ready(Err(Error::new(ErrorKind::Unavailable, text)));
        }
        if matches!(&state.waker, Some(waker) if waker.will_wake(context.waker())) {
            return Poll::Pending;
        }
        let before = state.waker.replace(context.waker().clone());
        drop(state);
        drop(before);
        Poll::Pending
    }
}

/// Ends after the error that ended the watch.
impl Stream for Hints {
    type Item = Result<(), Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        let hint = self.poll(context);
        self.over = matches!(hint, Poll::Ready(Err(_)));
        hint.map(Some)
    }
}

impl Drop for Hints {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.slot.state();
            state.closed = true;
            state.waker.take()
        };
        drop(waker);
    }
}

impl fmt::Debug for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hints").finish_non_exhaustive()
    }
}

/// Holds one hint and one end. Each open watch has one, so it is small.
#[derive(Default)]
struct Slot(Mutex<State>);

#[derive(Default)]
struct State {
    waker: Option<Waker>,
    /// Why the watch has ended.
    lost: Option<Error>,
    senders: u32,
    hinted: bool,
    /// The receiver is gone.
    closed: bool,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// Wakes the receiver without the lock, which the waker may take.
    fn wake(&self, change: impl FnOnce(&mut State) -> bool) {
        let waker = {
            let mut state = self.state();
            if change(&mut state) {
                state.waker.take()
            } else {
                None
            }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Channel for Slot {
    fn hint(&self) {
        self.wake(|state| !mem::replace(&mut state.hinted, true));
    }

    fn lost(&self, error: &Error) {
        self.wake(|state| {
            let first = state.lost.is_none();
            state.lost.get_or_insert_with(|| error.clone());
            first
        });
    }

    fn is_closed(&self) -> bool {
        self.state().closed
    }

    fn joined(&self) {
        self.state().senders += 1;
    }

    fn left(&self) {
        self.wake(|state| {
            state.senders -= 1;
            state.senders == 0
        });
    }
}

/// A subscription to the hints of a source. Dropping it ends it.
pub struct Subscription(Box<dyn Any + Send>);

impl Subscription {
    /// Makes a subscription that lasts until `guard` is dropped.
    pub fn new(guard: impl Any + Send) -> Self {
        Self(Box::new(guard))
    }

    /// The guard itself, for a watch handle.
    pub(crate) fn into_guard(self) -> Box<dyn Any + Send> {
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
    use futures_util::{FutureExt, StreamExt};

    use super::*;

    fn gone() -> Error {
        Error::new(ErrorKind::Denied, "gone")
    }

    #[test]
    fn many_hints_are_one_and_the_end_follows() {
        let (sender, mut hints) = HintSender::pair();
        (0..100_000).for_each(|_| sender.hint());
        sender.lost(&gone());
        sender.lost(&Error::new(ErrorKind::Other, "a second reason"));
        assert_eq!(hints.next().now_or_never().unwrap().ok(), Some(()));
        for _ in 0..2 {
            let end = hints.next().now_or_never().unwrap().unwrap_err();
            assert_eq!((end.kind(), end.message()), (ErrorKind::Denied, "gone"));
        }
    }

    #[test]
    fn stream_ends_after_the_error() {
        let (sender, mut hints) = HintSender::pair();
        sender.hint();
        sender.lost(&gone());
        let all: Vec<_> =
            std::iter::from_fn(|| StreamExt::next(&mut hints).now_or_never().flatten()).collect();
        assert!(matches!(&all[..], [Ok(()), Err(error)] if error.message() == "gone"));
    }

    #[test]
    fn dropping_the_last_sender_ends_the_watch() {
        let (sender, mut hints) = HintSender::pair();
        let other = sender.clone();
        drop(sender);
        assert!(hints.next().now_or_never().is_none());
        other.hint();
        drop(other);
        assert!(hints.next().now_or_never().unwrap().is_ok());
        let end = hints.next().now_or_never().unwrap().unwrap_err();
        assert_eq!(end.kind(), ErrorKind::Unavailable);
    }

    #[test]
    fn sender_sees_that_the_receiver_is_gone() {
        let (sender, hints) = HintSender::pair();
        assert!(!sender.is_closed());
        drop(hints);
        assert!(sender.is_closed());
        sender.hint();
        sender.lost(&gone());
    }

    #[tokio::test]
    async fn receiver_is_woken_by_hint_loss_and_drop() {
        let ways: [fn(HintSender); 3] = [
            |sender| sender.hint(),
            |sender| sender.lost(&gone()),
            |sender| drop(sender),
        ];
        for way in ways {
            let (sender, mut hints) = HintSender::pair();
            let (waiting, ()) = tokio::join!(hints.next(), async {
                tokio::task::yield_now().await;
                way(sender);
            });
            // A hint before the end is still returned.
            assert!(waiting.is_ok() || hints.next().await.is_err());
        }
    }

    #[test]
    fn p17_each_watch_takes_little_memory() {
        let slot = size_of::<Slot>() + 2 * size_of::<usize>();
        assert!(slot <= 64, "{slot} bytes");
    }
}
