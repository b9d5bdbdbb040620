//! Runs a future on a thread that parks meanwhile. It needs no runtime, so it also works within one.

use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::task::unconstrained;

use crate::clock;
use crate::locks::lock;

/// Waits for a future, for so long at most. `None` at the end of that time.
pub(crate) fn wait<F: Future>(future: F, limit: Option<Duration>) -> Option<F::Output> {
    // A time beyond the end of the clock is none.
    let deadline = limit.and_then(|limit| clock::now().checked_add(limit));
    // Within a task, the budget of that task would end, and no later poll of the future would make progress.
    let mut future = pin!(unconstrained(future));
    let signal = Arc::new(Signal::default());
    let waker = Waker::from(Arc::clone(&signal));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(clock::now()));
        if !signal.wait(left) {
            return None;
        }
    }
}

/// Set by a waker. A condition variable, because the future may park and unpark threads itself.
#[derive(Default)]
struct Signal {
    is_set: Mutex<bool>,
    condition: Condvar,
}

impl Signal {
    /// Waits for the signal, and takes it. Returns whether it came in time.
    fn wait(&self, limit: Option<Duration>) -> bool {
        let is_set = lock(&self.is_set);
        let mut is_set = match limit {
            None => {
                let set = self.condition.wait_while(is_set, |is_set| !*is_set);
                set.unwrap_or_else(PoisonError::into_inner)
            }
            Some(limit) => {
                let set = self
                    .condition
                    .wait_timeout_while(is_set, limit, |is_set| !*is_set);
                set.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        std::mem::take(&mut *is_set)
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *lock(&self.is_set) = true;
        self.condition.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn, ready};
    use std::thread;

    use super::*;

    const NO_LIMIT: Option<Duration> = None;

    #[test]
    fn ready_future_returns_although_no_time_is_left() {
        assert_eq!(wait(ready(1), Some(Duration::ZERO)), Some(1));
    }

    #[test]
    fn pending_future_ends_at_the_limit() {
        assert_eq!(wait(pending::<()>(), Some(Duration::from_millis(1))), None);
    }

    #[test]
    fn limit_beyond_the_clock_is_no_limit() {
        assert_eq!(wait(ready(1), Some(Duration::MAX)), Some(1));
    }

    #[test]
    fn wake_during_a_poll_that_parks_is_not_lost() {
        let mut polls = 0;
        let twice = poll_fn(|cx| {
            polls += 1;
            if polls == 2 {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            thread::park_timeout(Duration::ZERO);
            Poll::Pending
        });
        assert_eq!(wait(twice, NO_LIMIT), Some(()));
    }

    #[tokio::test]
    async fn budget_of_a_task_does_not_end_the_wait() {
        // More operations than a task may do at a time.
        let many = async {
            let semaphore = tokio::sync::Semaphore::new(1);
            for _ in 0..1_000 {
                drop(semaphore.acquire().await);
            }
        };
        assert_eq!(wait(many, Some(Duration::from_secs(30))), Some(()));
    }
}
