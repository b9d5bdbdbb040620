//! [`HintSender`], [`Hints`] and [`Subscription`]: the thread between a source's watch and the service that it wakes.

use std::any::Any;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use crate::error::{Error, ErrorKind};
use crate::locks::lock;

/// Tells a service that its source may have changed. Cloning is cheap; no method ever waits.
///
/// When the last clone is dropped, the watch has ended.
pub struct HintSender(Arc<dyn Link>);

/// The way of the hints to whoever waits for them.
pub(crate) trait Link: Send + Sync {
    fn hint(&self);
    fn lost(&self, error: &Error);
    fn is_closed(&self) -> bool;

    /// There is one sender more.
    fn joined(&self) {}

    /// There is one sender less.
    fn left(&self) {}
}

impl HintSender {
    /// A sender, and what its hints come out of: what [`RealtimeWatch::watch_hints`](crate::RealtimeWatch::watch_hints)
    /// and [`Source::subscribe`](crate::source::Source::subscribe) are given by a service, and may be given by a test.
    pub fn pair() -> (Self, Hints) {
        let line = Arc::new(Line::default());
        (Self::over(Arc::clone(&line) as _), Hints(line))
    }

    /// A sender over another way.
    pub(crate) fn over(link: Arc<dyn Link>) -> Self {
        link.joined();
        Self(link)
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

/// What the hints come out of: from [`HintSender::pair`].
pub struct Hints(Arc<Line>);

impl Hints {
    /// Waits for the next hint. All that have come since the last one are one.
    ///
    /// # Errors
    ///
    /// The watch has ended, for this reason. No hint will come any more.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, the hint is told by the next call.
    pub async fn next(&mut self) -> Result<(), Error> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut state = self.0.state();
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

impl Drop for Hints {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.0.state();
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

/// Room for one hint and one end. There is one for each open watch, so it is small.
#[derive(Default)]
struct Line(Mutex<State>);

#[derive(Default)]
struct State {
    waker: Option<Waker>,
    /// Why the watch has ended.
    lost: Option<Error>,
    senders: u32,
    hinted: bool,
    /// Nobody listens any more.
    closed: bool,
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// Wakes with no lock held: whoever is woken may ask at once, or drop its end.
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

impl Link for Line {
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

/// A subscription to a source's hints. Dropping it ends it.
pub struct Subscription(Box<dyn Any + Send>);

impl Subscription {
    /// A subscription that lasts as long as `guard`.
    pub fn new(guard: impl Any + Send) -> Self {
        Self(Box::new(guard))
    }

    /// The guard itself, as a watch handle wants it.
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
    use futures_util::FutureExt;

    use super::*;

    fn gone() -> Error {
        Error::new(ErrorKind::Denied, "gone")
    }

    #[test]
    fn a_flood_of_hints_is_one_and_the_end_comes_after_it() {
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
    fn the_watch_has_ended_when_the_last_sender_is_dropped() {
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
    fn a_sender_knows_when_nobody_listens() {
        let (sender, hints) = HintSender::pair();
        assert!(!sender.is_closed());
        drop(hints);
        assert!(sender.is_closed());
        sender.hint();
        sender.lost(&gone());
    }

    #[tokio::test]
    async fn whoever_waits_is_woken_by_each_of_them() {
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
            // A hint that was the last word is told all the same.
            assert!(waiting.is_ok() || hints.next().await.is_err());
        }
    }

    #[test]
    fn there_is_little_of_it_for_each_watch() {
        let line = size_of::<Line>() + 2 * size_of::<usize>();
        assert!(line <= 64, "{line} bytes");
    }
}
