//! What the task has to do with a look: it begins, ends, and is told of.

use std::future::Future;
use std::mem;
use std::time::Duration;

use tokio::sync::oneshot;

use super::clock::Clock;
use super::watch::regime;
use super::{Engine, Task};
use crate::event::{Outcome, Stage, Trigger};
use crate::receipt::Receipt;
use crate::service::boundary::contained;
use crate::service::feed::{Asked, Feed};
use crate::service::flight::Looked;
use crate::service::machine::{Input, Look, Supply, Verdict};
use crate::service::pipeline::trace::Trail;
use crate::service::record::Noted;
use crate::service::shared::request::{Rollback, To, Wish};
use crate::snapshot::Snapshot;
use crate::status::Hold;

/// A look that has ended.
pub(crate) struct Ended {
    pub(crate) look: Look,
    /// Nothing if a second look shall say what it means that nothing was found.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) trail: Trail,
    pub(crate) elapsed: Duration,
}

impl<'e, V> Task<'e, V> {
    /// Takes a look; the future says what came of it.
    pub(crate) fn begin<F: Feed<V>>(
        &mut self,
        feed: &'e F,
        mut look: Look,
        clock: Clock,
    ) -> impl Future<Output = Ended> + use<'e, V, F> {
        let begun = clock.now();
        let pipeline = &self.engine.pipeline;
        let mut pushed = None;
        let mut rollback = None;
        match look.supply {
            Supply::Source => {
                let (waiting, wish) = self.engine.board.inbox.serve();
                self.serving.extend(waiting);
                self.wish = wish;
                // Some may have asked when the machine had another reason for a look already.
                let in_person = wish.why.filter(|why| why.is_personal());
                if !look.trigger.is_personal() && look.trigger != Trigger::Startup {
                    look.trigger = in_person.unwrap_or(look.trigger);
                }
            }
            Supply::Watch => pushed = self.pushed.take(),
            Supply::History => {
                if let Some(Rollback { to, answer }) = self.rollbacks.pop_front() {
                    self.serving_aside = answer;
                    rollback = Some(to);
                }
            }
        }
        let wish = match look.supply {
            Supply::Source => self.wish,
            _ => Wish::default(),
        };
        let asked = Asked {
            // Who waits for what is there now is owed more than a hint or a retry would be.
            trigger: match wish.why {
                Some(_) if !look.trigger.is_personal() => Trigger::Resync,
                _ => look.trigger,
            },
            resume: wish.resume,
        };
        async move {
            let (outcome, trail) = match rollback {
                Some(to) => {
                    let (outcome, trail) = pipeline.roll_back(to).await;
                    (Some(outcome), trail)
                }
                None => pipeline.look(feed, look, asked, pushed).await,
            };
            Ended {
                look,
                outcome,
                trail,
                elapsed: clock.now() - begun,
            }
        }
    }

    /// A look has ended. It is noted, `settle` does what follows from it for the rest of the task, and then it is told: so
    /// whoever is woken, answered or told finds all of it in the status.
    pub(crate) fn looked<F: Feed<V>>(
        &mut self,
        feed: &F,
        ended: Ended,
        settle: impl FnOnce(&mut Self, Verdict),
    ) -> Input {
        let Ended {
            look,
            outcome,
            trail,
            elapsed,
        } = ended;
        let board = &self.engine.board;
        board.note_inner_hold(feed.hold());
        self.ask(feed);
        self.waiting.looked(board);
        let aside = look.supply == Supply::History;
        let (serving, wish) = match aside {
            true => (
                self.serving_aside.take().into_iter().collect(),
                Wish::default(),
            ),
            false => (mem::take(&mut self.serving), mem::take(&mut self.wish)),
        };
        let Some(outcome) = outcome else {
            board.flight.absent();
            board.inbox.postpone(serving, wish);
            settle(self, Verdict::Absent);
            return Input::Looked(Verdict::Absent);
        };
        let noted = match aside {
            true => {
                self.recorder.note_rollback(&outcome);
                None
            }
            false => Some(self.recorder.note(look.trigger, &outcome, &trail)),
        };
        let hold = noted.as_ref().and_then(Noted::hold);
        let hold = hold.filter(|_| matches!(outcome, Outcome::Held)).cloned();
        self.remember(look, &outcome, hold.clone(), &trail, elapsed);
        let verdict = self.verdict(aside, &outcome);
        settle(self, verdict);
        // A waker may do what it likes; the value is visible all the same.
        let _ = contained(Stage::Commit, || board.publisher.tell_few());
        match noted {
            None => self.recorder.rolled_back(&outcome, elapsed, &trail.stages),
            Some(noted) => {
                let now = self.clock.now();
                self.recorder
                    .looked(now, look.trigger, &outcome, elapsed, &trail.stages, noted);
            }
        }
        board.tell_group();
        for caller in serving {
            // An error means that the caller has left.
            let _ = caller.send(Receipt {
                trigger: look.trigger,
                outcome: outcome.clone(),
                hold: hold.clone(),
                elapsed,
                stages: trail.stages.clone(),
                votes: trail.votes.clone(),
            });
        }
        Input::Looked(verdict)
    }

    /// What follows from an outcome for the time of the next look.
    fn verdict(&self, aside: bool, outcome: &Outcome) -> Verdict {
        match outcome {
            _ if aside => Verdict::Aside,
            Outcome::Published { .. } => Verdict::Published,
            Outcome::Unchanged => Verdict::Unchanged,
            Outcome::Held => Verdict::held(self.engine.board.gate().patience()),
            Outcome::Rejected { .. } => Verdict::Rejected,
            Outcome::Failed { error } => Verdict::Failed(regime(error)),
            Outcome::Missing => Verdict::Missing,
        }
    }

    /// An earlier value shall be brought back.
    pub(crate) fn roll_back(
        &mut self,
        to: To<V>,
        answer: Option<oneshot::Sender<Receipt>>,
    ) -> Input {
        self.rollbacks.push_back(Rollback { to, answer });
        Input::Rollback
    }

    /// Writes the look into the flight recorder.
    fn remember(
        &self,
        look: Look,
        outcome: &Outcome,
        hold: Option<Hold>,
        trail: &Trail,
        elapsed: Duration,
    ) {
        let Engine {
            board, pipeline, ..
        } = self.engine;
        let current = board.publisher.current();
        let mut causes = self.machine.causes();
        causes.insert(look.trigger);
        board.flight.looked(Looked {
            trigger: look.trigger,
            causes,
            outcome,
            revision: match outcome {
                // Nobody knows in which state the source is.
                Outcome::Failed { .. } => None,
                _ if look.supply == Supply::History => {
                    current.as_ref().and_then(|now| now.revision().cloned())
                }
                _ => pipeline.memory().seen.clone(),
            },
            generation: current.as_ref().map(Snapshot::generation),
            origin: match look.supply {
                Supply::History => current.as_ref().and_then(Snapshot::origin),
                _ => None,
            },
            hold,
            elapsed,
            stages: &trail.stages,
            votes: &trail.votes,
        });
    }
}
