//! *Who* acts: the one task of a service, with its one `select!` and its only clock.

pub(crate) mod clock;
pub(crate) mod freshness;
pub(crate) mod housekeeping;
mod leak_monitor;
mod load;
mod restart_pending;
mod saving;
mod task;
mod watch;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Fuse;

use self::clock::{Clock, jitter};
use self::freshness::Freshness;
use self::housekeeping::{Chores, FreeElsewhere};
use self::restart_pending::Waiting;
use self::saving::Keeping;
use self::task::Task;
use self::watch::open;
use super::feed::Feed;
use super::machine::{Input, Machine, Supply};
use super::pipeline::Pipeline;
use super::policy::probation::{Probation, Proof, Trial};
use super::record::Recorder;
use super::settings::Settings;
use super::shared::Board;
use super::shared::request::{Command, To, Wish};
use crate::event::{LinkState, Outcome};
use crate::panics::discard;

/// Everything of a service but its source.
pub(crate) struct Engine<V> {
    pub(super) board: Arc<Board<V>>,
    pub(super) pipeline: Pipeline<V>,
    /// Whether a watch's word alone clears the value of the compatible receivers.
    pub(super) removed_clears: bool,
    pub(super) probation: Option<Probation<V>>,
    pub(super) free_elsewhere: Option<FreeElsewhere<V>>,
}

impl<V> Engine<V> {
    /// Runs the service until it is stopped. Dropping the future halts it; it may be run again.
    pub(crate) async fn run<F: Feed<V>>(&self, settings: Arc<Settings>, feed: &F) {
        // A second run begins when the first is gone, so there is one load at a time.
        let _running = self.board.turn().await;
        if self.board.inbox.is_stopping() {
            return self.board.end();
        }
        let clock = Clock::start_on_grid();
        let jitter = jitter();
        let mut task = Task {
            engine: self,
            recorder: Recorder::new(Arc::clone(&self.board)),
            clock,
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
            task.recorder.attend(clock.now());
            let ticks = [
                task.machine.next_tick(),
                chores.next_tick(),
                freshness.next_tick(),
                task.recorder.next_tick(),
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
                    Command::Sweep => {
                        chores.begin(publisher);
                        Input::Tick
                    }
                },
                ended = &mut look => {
                    let published = matches!(ended.outcome, Some(Outcome::Published { .. }));
                    let is_awaited = !task.serving.is_empty() || task.serving_aside.is_some();
                    // A way back that was refused waits for a look at the source, or it would be tried at once for ever.
                    let counts = published || ended.look.supply != Supply::History;
                    let input = task.looked(feed, ended, |task, verdict| {
                        let data = self.board.status().data;
                        // A load that finds the source not ready counts neither as good nor as failed.
                        if !self.board.gate().is_source_waiting() {
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
                    });
                    // Woken subscribers run first: reclaiming interrupts every processor that this process runs on. If somebody awaits
                    // a receipt, reclaiming comes first, so that the receipt finds everything done.
                    if published && !is_awaited {
                        tokio::task::yield_now().await;
                    }
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
        // Before those are told who are told of what is freed, and before what the values may be lent from has ended.
        self.board.let_go();
        chores.finish(publisher).await;
        keeping.finish().await;
        feed.finish().await;
        self.board.end();
    }
}

async fn tick_at(clock: Clock, moment: Option<Duration>) {
    match moment {
        Some(moment) => clock.until(moment).await,
        None => std::future::pending().await,
    }
}
