//! [`Task`]: the state of one run of a service, and its work between two loads.

use std::any::Any;
use std::collections::VecDeque;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::clock::Clock;
use super::engine::Engine;
use super::freshness::Freshness;
use super::housekeeping::Housekeeping;
use super::restart_pending::RestartPending;
use super::saving::Saver;
use super::tuner::Tuner;
use super::watch::{Heard, Opened, Watch, regime};
use crate::error::{Error, ErrorKind};
use crate::event::{Stage, WatchState};
use crate::panics::{discard, panicked};
use crate::receipt::Receipt;
use crate::service::feed::Feed;
use crate::service::flight::Span;
use crate::service::machine::{Actions, Input, LoadFrom, Machine};
use crate::service::pipeline::candidate::Pushed;
use crate::service::policy::probation::run::ProbationRun;
use crate::service::record::Recorder;
use crate::service::settings::Settings;
use crate::service::shared::request::{PendingRequest, PlanRequest, Rollback, RollbackTo};
use crate::status::{Degradation, SourceStatus};
use crate::watch::WatchEvent;

/// The state of one run.
pub(super) struct Task<'e, V> {
    pub(super) engine: &'e Engine<V>,
    pub(super) recorder: Recorder<V>,
    pub(super) clock: Clock,
    pub(super) machine: Machine,
    /// The state of the watch that was reported last.
    watch_state: WatchState,
    pub(super) watch: Option<Watch<V>>,
    /// Why the watch was lost, until that is reported.
    lost: Option<Error>,
    /// A value, content or a removal that the watch delivered and that no load has taken yet.
    pub(super) pushed: Option<Pushed<V>>,
    /// The rollbacks that were requested and have not begun.
    pub(super) rollbacks: VecDeque<Rollback<V>>,
    /// The plans and applications that were requested and have not begun.
    pub(super) plans: VecDeque<PlanRequest>,
    /// The callers who wait for the load of the source that is running.
    pub(super) serving: Vec<oneshot::Sender<Receipt>>,
    /// The caller who waits for the rollback that is running.
    pub(super) serving_rollback: Option<oneshot::Sender<Receipt>>,
    /// The merged requests that the running load serves.
    pub(super) pending: PendingRequest,
    /// Settings that the machine has not received yet.
    pub(super) next_settings: Option<Arc<Settings>>,
    // Boxed, because most services have none of these five.
    pub(super) tuner: Option<Box<Tuner<'e, V>>>,
    pub(super) restart_pending: Option<Box<RestartPending<V>>>,
    pub(super) probation: Option<Box<ProbationRun<'e, V>>>,
    pub(super) saver: Option<Box<Saver<'e, V>>>,
    pub(super) freshness: Option<Box<Freshness>>,
    pub(super) housekeeping: Housekeeping<V>,
}

impl<'e, V> Task<'e, V> {
    pub(super) fn new(engine: &'e Engine<V>, clock: Clock, machine: Machine) -> Self {
        let Engine {
            shared, pipeline, ..
        } = engine;
        let bound = {
            let mut status = shared.status();
            // An earlier run of a compatible service may have ended while it was disabled.
            status.enabled = machine.settings().enabled;
            status.max_staleness
        };
        let name = Arc::clone(&shared.observers.target);
        let retirement = Arc::clone(&shared.retirement);
        Self {
            engine,
            recorder: Recorder::new(Arc::clone(shared)),
            clock,
            machine,
            watch_state: WatchState::Off,
            watch: None,
            lost: None,
            pushed: None,
            rollbacks: VecDeque::new(),
            plans: VecDeque::new(),
            serving: Vec::new(),
            serving_rollback: None,
            pending: PendingRequest::default(),
            next_settings: None,
            tuner: {
                let tuning = engine.tuning.as_ref();
                tuning.map(|tuning| Box::new(Tuner::new(tuning)))
            },
            restart_pending: {
                let validators = pipeline.validators.as_ref();
                let restarts = validators.and_then(|validators| validators.restarts.clone());
                restarts.map(|restarts| Box::new(RestartPending::new(restarts)))
            },
            freshness: bound.map(|bound| Box::new(Freshness::new(Some(bound)))),
            probation: {
                let probation = engine.probation.as_ref();
                probation.map(|probation| Box::new(ProbationRun::new(probation)))
            },
            saver: {
                let keeper = pipeline.keeper.clone();
                keeper.map(|keeper| Box::new(Saver::new(shared, keeper)))
            },
            housekeeping: Housekeeping::new(clock, name, engine.free_on_thread, retirement),
        }
    }

    /// Feeds an input to the machine, and reports what it finds out about the watch.
    pub(super) fn handle<F: Feed<V>>(&mut self, feed: &F, input: Input) -> Actions {
        let now = self.clock.now();
        // Code of the user may have blocked this task for longer than the idle timeout.
        if self.machine.idle().is_some() && self.watch.as_ref().is_some_and(Watch::has_unread) {
            self.machine.alive(now);
        }
        let actions = self.machine.handle(now, input);
        if actions.close {
            self.close_watch();
            self.lost = Some(self.silence());
        }
        self.note(feed, actions);
        actions
    }

    /// Reports what the machine has found out about the watch.
    pub(super) fn note<F: Feed<V>>(&mut self, feed: &F, actions: Actions) {
        self.discard_outdated(actions);
        let state = self.machine.watch();
        if actions.missed {
            self.recorder.missed();
        }
        let why = self.lost.take();
        let before = mem::replace(&mut self.watch_state, state);
        if before != state {
            self.recorder.watch_changed(before, state, why.as_ref());
            self.update_source_status(feed);
            self.engine.shared.observers.deliver();
        }
    }

    /// Discards content that the machine no longer has a use for.
    fn discard_outdated(&mut self, actions: Actions) {
        let is_taken = actions
            .load
            .is_some_and(|load| load.from == LoadFrom::Watch);
        if matches!(self.pushed, Some(Pushed::Content(_)))
            && !self.machine.has_content()
            && !is_taken
        {
            discard(self.pushed.take());
        }
    }

    /// Why a watch without a sign of life was closed.
    fn silence(&self) -> Error {
        let idle = self.machine.idle().unwrap_or_default();
        let text = format!("no sign of life for {}", Span(idle));
        Error::new(ErrorKind::Unavailable, text)
    }

    /// Does the due work that is not a load.
    pub(super) fn attend(&mut self) {
        self.housekeeping.attend(&self.engine.shared.publisher);
        let now = self.clock.now();
        let freshness = self.freshness.as_mut();
        if let Some(age) = freshness.and_then(|freshness| freshness.is_due(now)) {
            self.recorder.stale(age);
        }
        self.recorder.attend(now);
    }

    /// When time alone causes the next work.
    pub(super) fn next_tick(&self) -> Option<Duration> {
        let ticks = [
            self.machine.next_tick(),
            self.housekeeping.next_tick(),
            self.freshness
                .as_ref()
                .and_then(|freshness| freshness.next_tick()),
            self.recorder.next_tick(),
        ];
        ticks.into_iter().flatten().min()
    }

    /// Frees the replaced values without holders, and wakes the remaining subscribers.
    pub(super) fn sweep(&mut self) -> Input {
        self.housekeeping.begin(&self.engine.shared.publisher);
        Input::Tick
    }

    /// Writes the source's own status into the status of the service. Its events wait for a delivery.
    pub(super) fn update_source_status<F: Feed<V>>(&mut self, feed: &F) {
        let visible = self.engine.shared.publisher.current();
        let status = catch_unwind(AssertUnwindSafe(|| {
            if let Some(visible) = &visible {
                feed.published(visible);
            }
            feed.status()
        }));
        let status = status.unwrap_or_else(|panic| Some(panicking_source(panic.as_ref())));
        let wanted = status.as_ref().and_then(|status| status.heartbeat);
        self.machine.want(wanted);
        self.recorder.source(status);
    }

    /// Queues a rollback.
    pub(super) fn roll_back(
        &mut self,
        to: RollbackTo<V>,
        answer: Option<oneshot::Sender<Receipt>>,
    ) -> Input {
        self.rollbacks.push_back(Rollback { to, answer });
        Input::Rollback
    }

    pub(super) fn opened(&mut self, opened: Result<Opened<V>, Error>) -> Input {
        match opened {
            Ok(Opened::Watch(watch)) => self.watch.insert(watch).opened(),
            Ok(Opened::NoWatch) => {
                let period = Span(self.machine.poll_period());
                let text = format!("the source has no watch; it is polled every {period}");
                self.lost = Some(Error::new(ErrorKind::NotFound, text));
                Input::NoWatch
            }
            Err(error) => self.lost(error),
        }
    }

    pub(super) fn heard(&mut self, heard: Result<Heard<V>, Error>) -> Input {
        let event = match heard {
            Ok(Heard::Event(event)) => event,
            Ok(Heard::Content(content)) => {
                self.push(Pushed::Content(content));
                return Input::Content;
            }
            Ok(Heard::Alive) => return Input::Alive,
            Err(error) => return self.lost(error),
        };
        match event {
            WatchEvent::Changed(value) => self.push(Pushed::Value(value)),
            WatchEvent::Removed if self.engine.removed_clears => self.push(Pushed::Removed),
            WatchEvent::Removed | WatchEvent::Hint | WatchEvent::Error(_) => return Input::Hint,
        }
        Input::Pushed
    }

    fn push(&mut self, pushed: Pushed<V>) {
        let older = self.pushed.replace(pushed);
        discard(older);
    }

    fn lost(&mut self, error: Error) -> Input {
        self.close_watch();
        let regime = regime(&error);
        self.lost = Some(error);
        Input::Lost(regime)
    }

    pub(super) fn close_watch(&mut self) {
        let watch = self.watch.take();
        discard(watch);
    }

    /// The service ends. When this returns, everybody is notified of that, and nothing of the service runs.
    pub(super) async fn finish<F: Feed<V>>(&mut self, feed: &F) {
        let shared = &self.engine.shared;
        if let Some(probation) = &mut self.probation {
            probation.end();
        }
        self.leave();
        // Release holds before retire hooks run and before members stop.
        shared.release_holds();
        self.housekeeping.finish(&shared.publisher).await;
        if let Some(saver) = &mut self.saver {
            saver.finish().await;
        }
        feed.finish().await;
        shared.end();
    }

    /// The run ends, with the service or before it. Callers who wait are served by the next run, if there is one.
    fn leave(&mut self) {
        self.close_watch();
        let pushed = self.pushed.take();
        discard(pushed);
        let serving = mem::take(&mut self.serving);
        self.engine.shared.inbox.postpone(serving, self.pending);
        let state = mem::replace(&mut self.watch_state, WatchState::Off);
        if state != WatchState::Off {
            self.recorder.watch_changed(state, WatchState::Off, None);
        }
        self.recorder.finish(self.clock.now());
    }
}

/// Also runs where the future of the run is dropped half-way.
impl<V> Drop for Task<'_, V> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The status of a source whose `published` or `source_status` panics.
fn panicking_source(panic: &(dyn Any + Send)) -> SourceStatus {
    let message = panicked(Stage::Load, panic).message().to_owned();
    let mut status = SourceStatus::default();
    status.degraded.push(Degradation::new(
        "panicked",
        format!("its status is unknown: {message}"),
        "fix its `published` or `source_status`",
    ));
    status
}
