//! *Who* acts: the one task of a service, with its one `select!` and its only clock.

use std::any::Any;
use std::collections::VecDeque;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Fuse;
use tokio::sync::oneshot;
use tokio::task::coop::cooperative;

use super::board::Board;
use super::boundary::within;
use super::chores::{Chores, FreeElsewhere};
use super::clock::{Clock, jitter};
use super::feed::{Asked, Feed};
use super::flight::Looked;
use super::freshness::Freshness;
use super::inbox::{Command, Wish};
use super::keep::Keeping;
use super::machine::{Actions, Input, Look, Machine, Regime, Supply, Verdict};
use super::pipeline::{Pipeline, Pushed};
use super::probation::{Probation, Trial, Verdict as Proof};
use super::record::Recorder;
use super::rollback::{Rollback, To};
use super::settings::{OPEN_DEADLINE, Settings};
use super::trail::Trail;
use super::waiting::Waiting;
use crate::error::{Error, ErrorKind};
use crate::event::{LinkState, Outcome, Stage, Trigger};
use crate::hints::{HintSender, Hints, Subscription};
use crate::panics::{discard, panicked};
use crate::receipt::Receipt;
use crate::snapshot::Snapshot;
use crate::status::{Degradation, Hold, SourceStatus};
use crate::watch::{RealtimeWatchHandle, WatchEvent};

/// Everything of a service but its source.
pub(super) struct Engine<V> {
    pub(super) board: Arc<Board<V>>,
    pub(super) pipeline: Pipeline<V>,
    /// Whether a watch's word alone clears the value of the compatible receivers.
    pub(super) removed_clears: bool,
    pub(super) probation: Option<Probation<V>>,
    pub(super) free_elsewhere: Option<FreeElsewhere<V>>,
}

impl<V> Engine<V> {
    /// Runs the service until it is stopped. Dropping the future halts it; it may be run again.
    pub(super) async fn run<F: Feed<V>>(&self, settings: Settings, feed: &F) {
        // A second run begins when the first is gone, so there is one load at a time.
        let _running = self.board.turn().await;
        if self.board.inbox.is_stopping() {
            return self.board.end();
        }
        let clock = Clock::start();
        let (settings, jitter) = (Arc::new(settings), jitter());
        let mut task = Task {
            engine: self,
            recorder: Recorder(Arc::clone(&self.board)),
            machine: Machine::new(Arc::clone(&settings), jitter.clone()),
            link: LinkState::Off,
            watch: None,
            pushed: None,
            rollbacks: VecDeque::new(),
            serving: Vec::new(),
            serving_aside: None,
            wish: Wish::default(),
            waiting: Waiting::new(self.pipeline.validators.restarts.clone()),
        };
        self.board.flight.begin(settings, jitter);
        // Boxed, because a service mostly waits, and what is large about it is only there while it does something.
        let mut look = Fuse::terminated();
        let mut opening = Fuse::terminated();
        let mut input = Input::Started;
        let mut why = None;
        let publisher = &self.board.publisher;
        let (name, bound) = {
            let status = self.board.status();
            (status.name.clone(), status.max_staleness)
        };
        let retirement = Arc::clone(&self.board.retirement);
        let mut chores = Chores::new(clock, name, self.free_elsewhere, retirement);
        let mut freshness = Freshness::new(bound);
        let mut trial = Trial::new(self.probation.as_ref());
        let mut keeping = Keeping::new(&self.board, self.pipeline.keeper.clone());
        loop {
            let actions = task.handle(clock.now(), input);
            task.note(feed, actions, why.take());
            if actions.open {
                opening = Box::pin(open(feed)).fuse();
            }
            if let Some(next) = actions.look {
                look = Box::pin(task.begin(feed, next, clock)).fuse();
            }
            chores.attend(publisher);
            if let Some(age) = freshness.is_due(clock.now()) {
                task.recorder.stale(age);
            }
            let ticks = [
                task.machine.next_tick(),
                chores.next_tick(),
                freshness.next_tick(),
            ];
            let tick = ticks.into_iter().flatten().min();
            // In this order: what people want, what is finished, what changed, what time it is. The machine attends to
            // the time at every input, so a flood of changes cannot hold up what is due.
            input = tokio::select! {
                biased;
                command = self.board.inbox.next() => match command {
                    Command::Stop => break,
                    Command::Look(trigger) => Input::Asked(trigger),
                    Command::Rollback(to, answer) => task.roll_back(To::Asked(to), Some(answer)),
                },
                ended = &mut look => {
                    let published = matches!(ended.outcome, Some(Outcome::Published { .. }));
                    // A way back that was refused waits for a look at the source, or it would be tried at once for ever.
                    let counts = published || ended.look.supply != Supply::History;
                    let input = task.looked(feed, ended);
                    if let Input::Looked(verdict) = input {
                        let data = self.board.status().data;
                        let stale = freshness.looked(clock.now(), verdict, data);
                        stale.inspect(|age| task.recorder.fresh_again(*age));
                    }
                    if counts
                        && let Some(visible) = publisher.current()
                        && trial.visible(&visible, published)
                        && published
                    {
                        keeping.published(Some(visible));
                    }
                    task.recorder.on_probation(trial.on_probation());
                    chores.begin(publisher);
                    input
                }
                proof = trial.ended() => {
                    task.recorder.on_probation(trial.on_probation());
                    chores.begin(publisher);
                    match proof {
                        Proof::Failed { to, error } => {
                            task.recorder.failed(&error);
                            task.roll_back(to, None)
                        }
                        Proof::Proven(value, loaded) => {
                            task.recorder.proven(&value);
                            if loaded {
                                keeping.published(Some(value));
                            }
                            Input::Tick
                        }
                    }
                }
                () = chores.helped() => Input::Tick,
                () = keeping.saved() => Input::Tick,
                opened = &mut opening => match opened {
                    Ok(watch) => task.opened(watch),
                    Err(error) => task.lost(&mut why, error),
                },
                event = task.event() => task.heard(&mut why, event),
                () = tick_at(clock, tick) => Input::Tick,
            };
        }
        // The watch and what runs are released before anybody is told that the service has ended.
        discard(look);
        discard(opening);
        discard(trial);
        task.leave();
        chores.finish(publisher).await;
        keeping.finish().await;
        feed.finish().await;
        self.board.end();
    }
}

/// An open watch. It ends when it is dropped.
enum Watch<V> {
    Handle(RealtimeWatchHandle<V>),
    /// What the hints come out of, and what is kept for them to come.
    Hints(
        Hints,
        #[allow(dead_code, reason = "it is there to be dropped")] Subscription,
    ),
}

/// The state of one run.
struct Task<'e, V> {
    engine: &'e Engine<V>,
    recorder: Recorder<V>,
    machine: Machine,
    /// The state of the watch that was told last.
    link: LinkState,
    watch: Option<Watch<V>>,
    /// What the watch said, and no look has used yet.
    pushed: Option<Pushed<V>>,
    /// The earlier values that were asked for, and are not brought back yet.
    rollbacks: VecDeque<Rollback<V>>,
    /// Those who wait for the look that is running, of the source or at an earlier value.
    serving: Vec<oneshot::Sender<Receipt>>,
    serving_aside: Option<oneshot::Sender<Receipt>>,
    /// What is wanted of the look of the source that is running.
    wish: Wish,
    /// What waits for a restart of the process.
    waiting: Waiting<V>,
}

/// A look that has ended.
struct Ended {
    look: Look,
    /// Nothing if a second look shall say what it means that nothing was found.
    outcome: Option<Outcome>,
    trail: Trail,
    elapsed: Duration,
}

impl<'e, V> Task<'e, V> {
    /// Has the machine conclude what follows from what happened.
    fn handle(&mut self, now: Duration, input: Input) -> Actions {
        let actions = self.machine.handle(now, input);
        let flight = &self.engine.board.flight;
        flight.handled(now, input, actions, self.machine.link());
        actions
    }

    /// Tells of what the machine has concluded.
    fn note<F: Feed<V>>(&mut self, feed: &F, actions: Actions, why: Option<Error>) {
        if actions.missed {
            self.recorder.missed();
        }
        let link = self.machine.link();
        let before = mem::replace(&mut self.link, link);
        if before != link {
            self.recorder.link(before, link, why.as_ref());
            self.ask(feed);
        }
    }

    /// Asks the source how it is.
    fn ask<F: Feed<V>>(&mut self, feed: &F) {
        let status = catch_unwind(AssertUnwindSafe(|| feed.status()));
        let status = status.unwrap_or_else(|panic| Some(speechless(panic.as_ref())));
        let wanted = status.as_ref().and_then(|status| status.heartbeat);
        self.machine.want(wanted);
        self.engine.board.flight.wanted(wanted);
        self.recorder.source(status);
    }

    /// Takes a look; the future says what came of it.
    fn begin<F: Feed<V>>(
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

    fn looked<F: Feed<V>>(&mut self, feed: &F, ended: Ended) -> Input {
        let Ended {
            look,
            outcome,
            trail,
            elapsed,
        } = ended;
        // Whoever is told of the look finds in the status what the source says after it, and what waits for a restart.
        self.ask(feed);
        self.waiting.looked(&self.engine.board);
        let aside = look.supply == Supply::History;
        let serving = match aside {
            true => self.serving_aside.take().into_iter().collect(),
            false => mem::take(&mut self.serving),
        };
        let wish = match aside {
            true => Wish::default(),
            false => mem::take(&mut self.wish),
        };
        let Some(outcome) = outcome else {
            self.engine.board.flight.absent();
            self.engine.board.inbox.postpone(serving, wish);
            return Input::Looked(Verdict::Absent);
        };
        match aside {
            true => self.recorder.rolled_back(&outcome, elapsed),
            false => self.recorder.looked(look.trigger, &outcome, elapsed),
        }
        let hold = match outcome {
            Outcome::Held => self.engine.board.gate().hold(),
            _ => None,
        };
        self.remember(look, &outcome, hold.clone(), &trail, elapsed);
        self.engine.board.tell_group();
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
        Input::Looked(match &outcome {
            _ if aside => Verdict::Aside,
            Outcome::Published { .. } => Verdict::Published,
            Outcome::Unchanged => Verdict::Unchanged,
            Outcome::Held => Verdict::Held,
            Outcome::Rejected { .. } => Verdict::Rejected,
            Outcome::Failed { error } => Verdict::Failed(regime(error)),
            Outcome::Missing => Verdict::Missing,
        })
    }

    /// An earlier value shall be brought back.
    fn roll_back(&mut self, to: To<V>, answer: Option<oneshot::Sender<Receipt>>) -> Input {
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

    fn opened(&mut self, watch: Watch<V>) -> Input {
        self.watch = Some(watch);
        Input::Opened
    }

    fn lost(&mut self, why: &mut Option<Error>, error: Error) -> Input {
        self.close_watch();
        let regime = regime(&error);
        *why = Some(error);
        Input::Lost(regime)
    }

    /// The next event of the watch, if one stands. Cancel safe.
    async fn event(&mut self) -> Result<WatchEvent<V>, Error> {
        let text = match &mut self.watch {
            // A flood of hints leaves time for the other tasks of the runtime, as the channel sees to it by itself.
            Some(Watch::Hints(hints, _)) => {
                return cooperative(hints.next()).await.map(|()| WatchEvent::Hint);
            }
            Some(Watch::Handle(handle)) => match handle.rx.recv().await {
                Some(WatchEvent::Error(text)) => text,
                Some(event) => return Ok(event),
                None => "the watch was closed".to_owned(),
            },
            None => std::future::pending().await,
        };
        Err(Error::new(ErrorKind::Unavailable, text))
    }

    fn heard(&mut self, why: &mut Option<Error>, event: Result<WatchEvent<V>, Error>) -> Input {
        match event {
            Ok(WatchEvent::Changed(value)) => self.push(Pushed::Value(value)),
            Ok(WatchEvent::Removed) if self.engine.removed_clears => self.push(Pushed::Removed),
            Ok(_) => Input::Hint,
            Err(error) => self.lost(why, error),
        }
    }

    fn push(&mut self, pushed: Pushed<V>) -> Input {
        let older = self.pushed.replace(pushed);
        discard(older);
        Input::Pushed
    }

    fn close_watch(&mut self) {
        let watch = self.watch.take();
        discard(watch);
    }

    /// The run ends, with the service or before it: whoever waits is served by the next run, if there is one.
    fn leave(&mut self) {
        self.close_watch();
        let pushed = self.pushed.take();
        discard(pushed);
        self.engine
            .board
            .inbox
            .postpone(mem::take(&mut self.serving), self.wish);
        let link = mem::replace(&mut self.link, LinkState::Off);
        if link != LinkState::Off {
            self.recorder.link(link, LinkState::Off, None);
        }
    }
}

/// Also where the future of the run is dropped half-way.
impl<V> Drop for Task<'_, V> {
    fn drop(&mut self) {
        self.leave();
    }
}

async fn open<V, F: Feed<V>>(feed: &F) -> Result<Watch<V>, Error> {
    let open = async || {
        let (sender, hints) = HintSender::pair();
        match feed.watch_hints(sender).await? {
            Some(subscription) => Ok(Watch::Hints(hints, subscription)),
            None => Ok(Watch::Handle(feed.watch().await?)),
        }
    };
    within(Stage::Load, OPEN_DEADLINE, "the watch was not opened", open).await?
}

/// What is said of a source that panics when it is asked.
fn speechless(panic: &(dyn Any + Send)) -> SourceStatus {
    let message = panicked(Stage::Load, panic).message().to_owned();
    let mut status = SourceStatus::default();
    status.degraded.push(Degradation::new(
        "panicked",
        format!("it cannot say how it is: {message}"),
        "mend its `source_status`",
    ));
    status
}

async fn tick_at(clock: Clock, moment: Option<Duration>) {
    match moment {
        Some(moment) => clock.until(moment).await,
        None => std::future::pending().await,
    }
}

/// Whether waiting may heal it.
fn regime(error: &Error) -> Regime {
    match error.kind() {
        ErrorKind::Denied | ErrorKind::Misconfigured => Regime::Refused,
        _ => Regime::Passing,
    }
}
