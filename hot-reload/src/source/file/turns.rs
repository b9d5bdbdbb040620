//! [`Turns`]: a mutex for the blocking steps of a source that gives up on a step that hangs.
//!
//! A thread in a system call cannot be stopped. A file system that does not answer blocks it until it answers, or for ever
//! if it was unmounted meanwhile. So a hung step keeps the lock for a while only; then another step begins with fresh state.

use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::time::timeout;

use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::locks::lock;

/// The state of the steps, for one step at a time.
pub(crate) struct Turns<M> {
    make: Box<dyn Fn() -> M + Send + Sync>,
    state: Mutex<State<M>>,
}

/// A step's turn: the locked state, until it is dropped.
pub(crate) type Turn<M> = OwnedMutexGuard<M>;

/// Identifies a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(usize);

struct State<M> {
    current: Arc<AsyncMutex<M>>,
    /// When the last step began.
    begun: Instant,
    /// The steps that were given up, and when the first of them began (`since`).
    hung: Vec<Weak<AsyncMutex<M>>>,
    since: Instant,
}

/// Runs work that may block on the runtime's threads for blocking work.
///
/// # Errors
///
/// The work panicked, or the runtime is about to end.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let task = tokio::task::spawn_blocking(work).await;
    task.map_err(|error| {
        Error::new(ErrorKind::Unavailable, "reading the file was interrupted").with_source(error)
    })
}

impl<M: Send + 'static> Turns<M> {
    /// `make` creates the state of a first step.
    pub(crate) fn new(make: impl Fn() -> M + Send + Sync + 'static) -> Self {
        let state = State {
            current: Arc::new(AsyncMutex::new(make())),
            begun: clock::now(),
            hung: Vec::new(),
            since: clock::now(),
        };
        Self {
            make: Box::new(make),
            state: Mutex::new(state),
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    ///
    /// An earlier step hangs, and it is too early for another one.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub(crate) async fn take(&self) -> Result<Turn<M>, Error> {
        loop {
            let current = Arc::clone(&lock(&self.state).current);
            let Ok(turn) = timeout(PATIENCE, Arc::clone(&current).lock_owned()).await else {
                self.give_up(&current)?;
                continue;
            };
            let mut state = lock(&self.state);
            // The lock may have been given up while this step waited for it.
            if Arc::ptr_eq(&state.current, &current) {
                state.begun = clock::now();
                return Ok(turn);
            }
        }
    }

    /// The same, but waits for slow steps without a limit.
    pub(crate) async fn take_patiently(&self) -> Turn<M> {
        loop {
            let current = Arc::clone(&lock(&self.state).current);
            let turn = Arc::clone(&current).lock_owned().await;
            if Arc::ptr_eq(&lock(&self.state).current, &current) {
                return turn;
            }
        }
    }

    /// The number that distinguishes this turn from those after it was given up.
    pub(crate) fn number(&self, turn: &Turn<M>) -> Number {
        Number(Arc::as_ptr(Turn::mutex(turn)).addr())
    }

    /// Whether this turn was not given up. Call it while the turn is held, or right after.
    pub(crate) fn is_last(&self, turn: Number) -> bool {
        Arc::as_ptr(&lock(&self.state).current).addr() == turn.0
    }

    /// Gives up the step that holds this lock, if it has hung for long enough. Otherwise returns an error.
    fn give_up(&self, current: &Arc<AsyncMutex<M>>) -> Result<(), Error> {
        let now = clock::now();
        let mut state = lock(&self.state);
        if !Arc::ptr_eq(&state.current, current) {
            return Ok(());
        }
        // Forgets the steps that have ended since.
        state.hung.retain(|hung| hung.strong_count() > 0);
        if state.hung.is_empty() {
            state.since = state.begun;
        }
        let hangs_for = now.saturating_duration_since(state.since);
        let due = due(state.hung.len());
        if hangs_for < due {
            return Err(hangs(state.hung.len() + 1, hangs_for, due - hangs_for));
        }
        state.hung.push(Arc::downgrade(current));
        state.current = Arc::new(AsyncMutex::new((self.make)()));
        state.begun = now;
        Ok(())
    }
}

/// How long the first hung step must hang before another one begins, after this many were given up. The time doubles, so
/// that a dozen threads hang after a day, and a fix is noticed after no longer than the fault had lasted.
fn due(given_up: usize) -> Duration {
    let doublings = u32::try_from(given_up).unwrap_or(u32::MAX);
    FIRST.saturating_mul(2_u32.saturating_pow(doublings))
}

fn hangs(steps: usize, hangs_for: Duration, next: Duration) -> Error {
    let (loads, hang) = match steps {
        1 => ("an earlier load".to_owned(), "hangs"),
        _ => (format!("{steps} earlier loads"), "hang"),
    };
    let seconds = |time: Duration| time.as_secs();
    let text = format!(
        "the file system does not answer: {loads} {hang} for {} s; the next one begins in {} s, or when it answers",
        seconds(hangs_for),
        seconds(next) + 1,
    );
    Error::new(ErrorKind::Unavailable, text)
}

/// The longest wait for a turn. It is shorter than the deadline of a load, so that the load fails with this error.
const PATIENCE: Duration = Duration::from_secs(8);

/// How long a step hangs until it is given up. A restarting file server answers again within this time.
const FIRST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves the recorded times back by this much.
    fn pass<M>(turns: &Turns<M>, time: Duration) {
        let mut state = lock(&turns.state);
        state.begun -= time;
        state.since -= time;
    }

    #[tokio::test(start_paused = true)]
    async fn hung_step_gives_way_and_later_ones_ever_more_rarely() {
        let turns = Turns::new(|| 0);
        let mut hung = Vec::new();
        let mut turn = turns.take().await.unwrap();
        *turn = 1;
        hung.push(turn);
        for given_up in 0..5 {
            let error = turns.take().await.unwrap_err();
            let message = error.message();
            assert!(message.contains("does not answer"), "{message}");
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            pass(&turns, due(given_up) - lasted(given_up));
            let turn = turns.take().await.unwrap();
            assert_eq!(*turn, 0, "fresh state");
            assert!(turns.is_last(turns.number(&turn)));
            assert!(!turns.is_last(turns.number(&hung[0])));
            hung.push(turn);
        }
        // The hung steps end, and later steps are unaffected.
        hung.clear();
        for _ in 0..100 {
            drop(turns.take().await.unwrap());
        }
        let _hangs = turns.take().await.unwrap();
        assert!(turns.take().await.is_err());
        pass(&turns, FIRST);
        assert!(turns.take().await.is_ok());
    }

    fn lasted(given_up: usize) -> Duration {
        match given_up {
            0 => Duration::ZERO,
            _ => due(given_up - 1),
        }
    }

    #[test]
    fn about_a_dozen_threads_hang_after_a_day() {
        let day = Duration::from_secs(24 * 3600);
        let count = (0..).find(|given_up| due(*given_up) > day).unwrap();
        assert_eq!(count, 12);
        assert!(due(usize::MAX) > 365 * day);
    }

    #[tokio::test(start_paused = true)]
    async fn waiter_for_a_given_up_turn_takes_the_next_one() {
        let turns = Arc::new(Turns::new(|| 0));
        let hung = turns.take().await.unwrap();
        let waiting = {
            let turns = Arc::clone(&turns);
            tokio::spawn(async move { *turns.take_patiently().await })
        };
        tokio::task::yield_now().await;
        pass(&turns, FIRST);
        *turns.take().await.unwrap() = 7;
        drop(hung);
        assert_eq!(waiting.await.unwrap(), 7);
    }
}
