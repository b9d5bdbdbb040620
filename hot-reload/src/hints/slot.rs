//! [`Hints`]: the receiver of a watch, and the slot that it shares with the senders.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use futures_util::Stream;

use super::channel::Channel;
use super::content::{Content, Signal};
use crate::error::{Error, ErrorKind};
use crate::locks::lock;

/// The receiver of a watch: from [`HintSender::pair`](super::HintSender::pair).
pub struct Hints {
    slot: Arc<Slot>,
    /// Whether the stream has returned the error that ended the watch.
    over: bool,
}

impl Hints {
    pub(super) fn new(slot: Arc<Slot>) -> Self {
        Self { slot, over: false }
    }

    /// Whether a signal waits to be received.
    pub(crate) fn has_unread(&self) -> bool {
        let state = self.slot.state();
        state.hinted || state.alive || state.content.is_some()
    }

    /// Waits for the next signal.
    ///
    /// All hints and content since the last call count as one signal, which is the latest of them: content, unless a hint came
    /// after it. [`Signal::Alive`] is returned only if nothing else came.
    ///
    /// # Errors
    ///
    /// The reason for the end of the watch. No signal follows.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, the next call returns the signal.
    pub async fn next(&mut self) -> Result<Signal, Error> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Signal, Error>> {
        let mut state = self.slot.state();
        let is_alive = mem::take(&mut state.alive);
        if let Some(content) = state.content.take() {
            return Poll::Ready(Ok(Signal::Content(*content)));
        }
        if mem::take(&mut state.hinted) {
            return Poll::Ready(Ok(Signal::Hint));
        }
        if let Some(error) = &state.lost {
            return Poll::Ready(Err(error.clone()));
        }
        if state.senders == 0 {
            let text = "the watch was closed";
            return Poll::Ready(Err(Error::new(ErrorKind::Unavailable, text)));
        }
        if is_alive {
            return Poll::Ready(Ok(Signal::Alive));
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
    type Item = Result<Signal, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        let signal = self.poll(context);
        self.over = matches!(signal, Poll::Ready(Err(_)));
        signal.map(Some)
    }
}

impl Drop for Hints {
    fn drop(&mut self) {
        let left = {
            let mut state = self.slot.state();
            state.closed = true;
            (state.waker.take(), state.content.take())
        };
        drop(left);
    }
}

impl fmt::Debug for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hints").finish_non_exhaustive()
    }
}

/// Holds one hint or content, and one end. Each open watch has one, so it is small.
#[derive(Default)]
pub(super) struct Slot(Mutex<State>);

#[derive(Default)]
struct State {
    waker: Option<Waker>,
    /// Why the watch has ended.
    lost: Option<Error>,
    /// The latest content, unless a hint came after it. Boxed, because most watches never have any.
    content: Option<Box<Content>>,
    senders: u32,
    hinted: bool,
    /// The watch has given a sign of life.
    alive: bool,
    /// Whether the receiver wants to know of signs of life.
    wants_life: bool,
    /// The receiver is gone.
    closed: bool,
}

impl Slot {
    pub(super) fn new(wants_life: bool) -> Self {
        Self(Mutex::new(State {
            wants_life,
            ..State::default()
        }))
    }

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
        // Older content may be outdated. It is dropped without the lock, because it may be large.
        let mut older = None;
        self.wake(|state| {
            older = state.content.take();
            !mem::replace(&mut state.hinted, true)
        });
    }

    fn content(&self, content: Box<Content>) {
        let mut older = Some(content);
        self.wake(|state| {
            if !state.closed {
                // Content is the state of the source, so it also answers the hints before it.
                state.hinted = false;
                mem::swap(&mut state.content, &mut older);
            }
            true
        });
    }

    fn alive(&self) {
        self.wake(|state| state.wants_life && !mem::replace(&mut state.alive, true));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p17_each_watch_takes_little_memory() {
        let slot = size_of::<Slot>() + 2 * size_of::<usize>();
        assert!(slot <= 64, "{slot} bytes");
    }
}
