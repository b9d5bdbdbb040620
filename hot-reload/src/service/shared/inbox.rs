//! [`Inbox`]: what people ask of the engine's task, and its answers.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard};

use tokio::sync::{Notify, oneshot};

use super::request::{Command, Request, Wish};
use crate::error::{Error, ErrorKind};
use crate::event::{Outcome, Trigger};
use crate::locks::lock;
use crate::receipt::Receipt;

/// Requests for a look, and the request to stop. It holds about as many as there are callers waiting.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Triggers that the machine has not been told.
    asked: Vec<Trigger>,
    /// Callers whose look has not begun.
    waiting: Vec<oneshot::Sender<Receipt>>,
    /// How many may wait before those who have left are looked for.
    roomy: usize,
    /// What they want of it.
    wish: Wish,
    /// Those who want an earlier value.
    rollbacks: VecDeque<(Request, oneshot::Sender<Receipt>)>,
    /// Whether a value was given back that somebody had kept on purpose.
    given_back: bool,
    stop: bool,
    ended: bool,
}

impl Inbox {
    /// Asks for a look that begins after this call. The answer is its receipt.
    pub(crate) async fn ask(&self, trigger: Trigger) -> Receipt {
        self.ask_for(trigger, false).await
    }

    /// As [`ask`](Self::ask), for a look that holds nothing back.
    pub(crate) async fn resume(&self) -> Receipt {
        self.ask_for(Trigger::Manual, true).await
    }

    async fn ask_for(&self, trigger: Trigger, resume: bool) -> Receipt {
        let enlist = |state: &mut State, caller| {
            state.wish = state.wish.and(Wish {
                why: Some(trigger),
                resume,
            });
            if !state.asked.contains(&trigger) {
                state.asked.push(trigger);
            }
            if state.waiting.len() >= state.roomy {
                state.waiting.retain(|waiting| !waiting.is_closed());
                state.roomy = 2 * state.waiting.len() + ROOMY;
            }
            state.waiting.push(caller);
        };
        self.answer(trigger, enlist).await
    }

    /// Asks for an earlier value.
    pub(crate) async fn roll_back(&self, to: Request) -> Receipt {
        let enlist = |state: &mut State, caller| state.rollbacks.push_back((to, caller));
        self.answer(Trigger::Rollback, enlist).await
    }

    /// The receipt of what the caller was enlisted for.
    async fn answer(
        &self,
        trigger: Trigger,
        enlist: impl FnOnce(&mut State, oneshot::Sender<Receipt>),
    ) -> Receipt {
        let answer = {
            let mut state = self.state();
            if state.ended {
                return stopped(trigger);
            }
            let (caller, answer) = oneshot::channel();
            enlist(&mut state, caller);
            answer
        };
        self.wake.notify_one();
        answer.await.unwrap_or_else(|_| stopped(trigger))
    }

    /// Has a look taken for which nobody waits.
    pub(crate) fn remind(&self) {
        let mut state = self.state();
        if !state.asked.contains(&Trigger::Resync) {
            state.asked.push(Trigger::Resync);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// The receipt of the next look that begins, whatever causes it.
    pub(crate) fn next_receipt(&self) -> oneshot::Receiver<Receipt> {
        let (sender, answer) = oneshot::channel();
        let mut state = self.state();
        if !state.ended {
            state.waiting.push(sender);
        }
        answer
    }

    /// A value was given back that somebody had kept on purpose.
    pub(crate) fn give_back(&self) {
        self.state().given_back = true;
        self.wake.notify_one();
    }

    /// Asks the engine to stop.
    pub(crate) fn stop(&self) {
        self.state().stop = true;
        self.wake.notify_one();
    }

    /// Whether a stop was asked for.
    pub(crate) fn is_stopping(&self) -> bool {
        self.state().stop
    }

    /// Waits for the next command. Cancel safe.
    pub(crate) async fn next(&self) -> Command {
        loop {
            {
                let mut state = self.state();
                if state.stop {
                    return Command::Stop;
                }
                if let Some((to, answer)) = state.rollbacks.pop_front() {
                    return Command::Rollback(to, answer);
                }
                if mem::take(&mut state.given_back) {
                    return Command::Sweep;
                }
                // The first of them may begin a look that serves all, and it is to do what the most demanding wants.
                let personal = state.asked.iter().position(|asked| asked.is_personal());
                if !state.asked.is_empty() {
                    return Command::Look(state.asked.swap_remove(personal.unwrap_or(0)));
                }
            }
            self.wake.notified().await;
        }
    }

    /// A look begins: everybody who has asked so far is served by it. Also what they want of it.
    pub(crate) fn serve(&self) -> (Vec<oneshot::Sender<Receipt>>, Wish) {
        let mut state = self.state();
        state.asked.clear();
        (mem::take(&mut state.waiting), mem::take(&mut state.wish))
    }

    /// A look told nothing yet, or was broken off: those that it served wait for the next one.
    pub(crate) fn postpone(&self, serving: Vec<oneshot::Sender<Receipt>>, wish: Wish) {
        let mut state = self.state();
        if !state.ended {
            state.wish = state.wish.and(wish);
            state.waiting.extend(serving);
        }
    }

    /// No look will follow. Whoever waits or asks from now on is told that the service has stopped.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        // Dropping the senders wakes the callers.
        state.waiting.clear();
        state.rollbacks.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// So few who have left are not worth looking for.
const ROOMY: usize = 16;

/// The receipt of a request to a service that has stopped.
pub(crate) fn stopped(trigger: Trigger) -> Receipt {
    let error = Error::new(ErrorKind::Stopped, "the service has stopped");
    Receipt::untaken(trigger, Outcome::Failed { error })
}
