//! [`Task`]: the state of one run of a service, and what it does between two loads.

use std::any::Any;
use std::collections::VecDeque;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::coop::cooperative;

use super::Engine;
use super::clock::Clock;
use super::restart_pending::Waiting;
use super::watch::{Watch, regime};
use crate::error::{Error, ErrorKind};
use crate::event::{LinkState, Stage};
use crate::panics::{discard, panicked};
use crate::receipt::Receipt;
use crate::service::feed::Feed;
use crate::service::machine::{Actions, Input, Machine};
use crate::service::pipeline::candidate::Pushed;
use crate::service::record::Recorder;
use crate::service::shared::request::{Rollback, Wish};
use crate::status::{Degradation, SourceStatus};
use crate::watch::WatchEvent;

/// The state of one run.
pub(super) struct Task<'e, V> {
    pub(super) engine: &'e Engine<V>,
    pub(super) recorder: Recorder<V>,
    pub(super) clock: Clock,
    pub(super) machine: Machine,
    /// The state of the watch that was told last.
    pub(super) link: LinkState,
    pub(super) watch: Option<Watch<V>>,
    /// What the watch said, and no look has used yet.
    pub(super) pushed: Option<Pushed<V>>,
    /// The earlier values that were asked for, and are not brought back yet.
    pub(super) rollbacks: VecDeque<Rollback<V>>,
    /// Those who wait for the look that is running, of the source or at an earlier value.
    pub(super) serving: Vec<oneshot::Sender<Receipt>>,
    pub(super) serving_aside: Option<oneshot::Sender<Receipt>>,
    /// What is wanted of the look of the source that is running.
    pub(super) wish: Wish,
    /// What waits for a restart of the process.
    pub(super) waiting: Waiting<V>,
}

impl<V> Task<'_, V> {
    /// Has the machine conclude what follows from what happened.
    pub(super) fn handle(&mut self, now: Duration, input: Input) -> Actions {
        let actions = self.machine.handle(now, input);
        let flight = &self.engine.board.flight;
        flight.handled(now, input, actions, self.machine.link());
        actions
    }

    /// Tells of what the machine has concluded.
    pub(super) fn note<F: Feed<V>>(&mut self, feed: &F, actions: Actions, why: Option<Error>) {
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
    pub(super) fn ask<F: Feed<V>>(&mut self, feed: &F) {
        let status = catch_unwind(AssertUnwindSafe(|| feed.status()));
        let status = status.unwrap_or_else(|panic| Some(speechless(panic.as_ref())));
        let wanted = status.as_ref().and_then(|status| status.heartbeat);
        self.machine.want(wanted);
        self.engine.board.flight.wanted(wanted);
        self.recorder.source(status);
    }

    /// The run ends, with the service or before it: whoever waits is served by the next run, if there is one.
    pub(super) fn leave(&mut self) {
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
        self.recorder.finish(self.clock.now());
    }
}

impl<V> Task<'_, V> {
    pub(crate) fn opened(&mut self, watch: Watch<V>) -> Input {
        self.watch = Some(watch);
        Input::Opened
    }

    pub(crate) fn lost(&mut self, why: &mut Option<Error>, error: Error) -> Input {
        self.close_watch();
        let regime = regime(&error);
        *why = Some(error);
        Input::Lost(regime)
    }

    /// The next event of the watch, if one stands. Cancel safe.
    pub(crate) async fn event(&mut self) -> Result<WatchEvent<V>, Error> {
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

    pub(crate) fn heard(
        &mut self,
        why: &mut Option<Error>,
        event: Result<WatchEvent<V>, Error>,
    ) -> Input {
        match event {
            Ok(WatchEvent::Changed(value)) => self.push(Pushed::Value(value)),
            Ok(WatchEvent::Removed) if self.engine.removed_clears => self.push(Pushed::Removed),
            Ok(_) => Input::Hint,
            Err(error) => self.lost(why, error),
        }
    }

    pub(super) fn push(&mut self, pushed: Pushed<V>) -> Input {
        let older = self.pushed.replace(pushed);
        discard(older);
        Input::Pushed
    }

    pub(crate) fn close_watch(&mut self) {
        let watch = self.watch.take();
        discard(watch);
    }
}

/// Also where the future of the run is dropped half-way.
impl<V> Drop for Task<'_, V> {
    fn drop(&mut self) {
        self.leave();
    }
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
