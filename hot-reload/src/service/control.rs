//! [`Control`]: what commands a service, in distinction to what reads from it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tracing::info;

use super::flight::Explanation;
use crate::event::{Event, Trigger};
use crate::panics::discard;
use crate::receipt::Receipt;
use crate::service::shared::Board;
use crate::service::shared::request::{Request, Target};
use crate::snapshot::{Generation, Snapshot};
use crate::status::Status;

/// The commanding side of a service. Cloning is cheap; request code should only get [`Live`](crate::Live).
pub struct Control<V> {
    board: Arc<Board<V>>,
    /// What stops the service when it is dropped for the last time; nothing if somebody else owns the service.
    _keep: Option<Arc<dyn Any + Send + Sync>>,
}

impl<V> Control<V> {
    pub(crate) fn new(board: Arc<Board<V>>, keep: Option<Arc<dyn Any + Send + Sync>>) -> Self {
        Self { board, _keep: keep }
    }

    pub(crate) fn board(&self) -> &Arc<Board<V>> {
        &self.board
    }

    /// The same without what keeps the service running, and that.
    pub(crate) fn into_parts(self) -> (Self, Arc<dyn Any + Send + Sync>) {
        let keep = self._keep.unwrap_or_else(|| Arc::new(()));
        (Self::new(self.board, None), keep)
    }

    /// Looks at the source now, and says what came of it, and how.
    ///
    /// The look begins after this call, so it sees everything that was changed before. Content that was rejected is
    /// tried again. Calls that come together share a look. Where the service has not been started yet, the call waits
    /// for that.
    ///
    /// # Errors
    ///
    /// They are in the receipt. Once the service has stopped, it is at once [`Failed`](crate::Outcome::Failed) with
    /// [`ErrorKind::Stopped`](crate::ErrorKind::Stopped).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the look is taken all the same.
    pub async fn reload(&self) -> Receipt {
        self.reload_by(Trigger::Manual).await
    }

    /// As [`reload`](Self::reload), for another reason: [`Trigger::Signal`] or [`Trigger::Http`]. For a reason that is
    /// nobody's request it is no more than a [`barrier`](Self::barrier).
    ///
    /// # Errors
    ///
    /// As of [`reload`](Self::reload).
    ///
    /// # Cancel safety
    ///
    /// As [`reload`](Self::reload).
    pub async fn reload_by(&self, trigger: Trigger) -> Receipt {
        self.board.inbox.ask(trigger).await
    }

    /// Waits until everything that was changed before this call is visible, or says why it is not.
    ///
    /// It is for tests and for whoever has just written to the source and wants to go on with what was written. A look
    /// begins after this call; content that was rejected before is not tried again, which
    /// [`reload`](Self::reload) does. What is not current after it is said by the outcome:
    /// [`Published`](crate::Outcome::Published) and [`Unchanged`](crate::Outcome::Unchanged) are,
    /// as told by [`Outcome::is_current`](crate::Outcome::is_current). Calls that come together share a look. Where the service has not been started
    /// yet, the call waits for that; where it has stopped, it returns at once.
    ///
    /// ```
    /// # use hot_reload::{Control, Live};
    /// # async fn example(live: Live<String>, control: Control<String>) -> std::io::Result<()> {
    /// std::fs::write("motto.txt", "festina lente")?;
    /// assert!(control.barrier().await.is_current());
    /// assert_eq!(*live.load(), "festina lente");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the look is taken all the same.
    pub async fn barrier(&self) -> Receipt {
        self.reload_by(Trigger::Resync).await
    }

    /// The values that were replaced, the newest first: as many as [`Builder::history`](crate::Builder::history) keeps. None
    /// once the service has stopped.
    ///
    /// ```
    /// # #[derive(Debug)] struct Config;
    /// # fn example(control: hot_reload::Control<Config>) {
    /// for earlier in control.history() {
    ///     println!("{}: {:?}", earlier.generation(), earlier.value());
    /// }
    /// # }
    /// ```
    pub fn history(&self) -> Vec<Snapshot<V>> {
        self.board.history().list()
    }

    /// Brings the value back that was visible before this one. Called again, the one before that, if it is still kept: what
    /// a rollback replaces takes a place in the history, too.
    ///
    /// As [`rollback_to`](Self::rollback_to) otherwise.
    ///
    /// # Cancel safety
    ///
    /// As [`rollback_to`](Self::rollback_to).
    pub async fn rollback(&self) -> Receipt {
        self.roll_back(Target::Previous).await
    }

    /// Brings an earlier value back, as a new generation. Its [`origin`](Snapshot::origin) is the number under which the value
    /// was published for the first time.
    ///
    /// What the source holds stays away until the source changes or [`resume`](Self::resume) is called: each look that finds
    /// it again answers [`Held`](crate::Outcome::Held), [`reload`](Self::reload), too, and [`Status::hold`] tells. Where it
    /// cannot be told whether a source has changed ([by revision](crate::ReloaderService::builder_by_revision), and the source
    /// has none), only `resume` ends it.
    ///
    /// What the source holds is what it was seen to hold last, also if that was refused or doubted and has never been visible.
    /// Where a default was visible because the source held nothing, anything that it holds is a change; where the last value
    /// had stayed, what is not the value that was taken back. A restart knows nothing of a rollback: it begins with
    /// what the source holds then.
    ///
    /// The value was good once, so it is not validated again. The [participants](crate::Participant) prepare for it as for
    /// any other, and may refuse it. It is brought back also while the service is [paused](Self::pause), or while its source
    /// is away.
    ///
    /// # Errors
    ///
    /// [`Failed`](crate::Outcome::Failed) with [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if it is not kept, and with
    /// [`ErrorKind::Stopped`](crate::ErrorKind::Stopped) once the service has stopped;
    /// [`Rejected`](crate::Outcome::Rejected) at stage [`Prepare`](crate::Stage::Prepare) if a participant refuses to go back.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the value is brought back all the same.
    pub async fn rollback_to(&self, generation: Generation) -> Receipt {
        self.roll_back(Target::Generation(generation)).await
    }

    async fn roll_back(&self, target: Target) -> Receipt {
        let resumed = self.board.gate().resumed();
        let asked = Request { target, resumed };
        self.board.inbox.roll_back(asked).await
    }

    /// Keeps the source out: when this returns, nothing that it holds becomes visible any more, until
    /// [`resume`](Self::resume).
    ///
    /// The source is looked at as before, and what is good and not visible is answered by [`Held`](crate::Outcome::Held),
    /// also to [`reload`](Self::reload). What cannot be decoded or a validator refuses is rejected, so a candidate can be
    /// tried that far in a pause; guards, fences and participants are asked after it. An earlier value can be [brought
    /// back](Self::rollback). Pausing twice is harmless.
    ///
    /// A value that became visible just before may be told to subscribers a moment later. What a hand-written watch pushes in
    /// a pause is not kept; at the end of the pause the source is asked.
    pub fn pause(&self) {
        if self.board.gate().pause() {
            let name = self.board.status().name.clone();
            info!(target: "hot_reload", name, "paused");
            self.board.flight.paused();
            self.board.tell(Event::Paused);
        }
    }

    /// Ends whatever holds values back, all of it at once: a [pause](Self::pause), a [rollback](Self::rollback_to), a failed
    /// [`Probation`](crate::Probation), the doubt of a [`ShrinkGuard`](crate::ShrinkGuard) or a [`Fence`](crate::Fence). Looks at the source, and says what came of it. A rollback
    /// that is asked for after this call holds all the same.
    ///
    /// # Errors
    ///
    /// As of [`reload`](Self::reload).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the look is taken all the same, and nothing is held back.
    pub async fn resume(&self) -> Receipt {
        let released = self.board.gate().resume();
        if let Some(released) = released {
            discard(released);
            let name = self.board.status().name.clone();
            info!(target: "hot_reload", name, "resumed");
            self.board.flight.resumed();
            self.board.tell(Event::Resumed);
        }
        self.board.inbox.resume().await
    }

    /// How the service is.
    pub fn status(&self) -> Status {
        let hold = self.board.hold();
        Status {
            hold,
            ..self.board.status().clone()
        }
    }

    /// What the service has been through until now: what is the matter, and how it came to that.
    ///
    /// Print it when somebody asks why a change is not visible. How far back it goes is up to
    /// [`Builder::flight_recorder`](crate::Builder::flight_recorder).
    ///
    /// ```
    /// # use hot_reload::Control;
    /// # fn example(control: Control<String>) {
    /// println!("{}", control.explain());
    /// # }
    /// ```
    pub fn explain(&self) -> Explanation {
        self.board.flight.explain(self.status())
    }

    /// What happens in the service from now on.
    pub fn events(&self) -> Events {
        Events {
            channel: self.board.listen(),
            stopped: self.board.status().stopped,
        }
    }

    /// The [`Events`] of the start were dropped.
    pub(crate) fn unlisten(&self) {
        self.board.unlisten();
    }

    /// Stops the service, and waits until it is gone.
    ///
    /// After that nothing is published, and no task, thread, descriptor or connection of it is left. The last value
    /// stays readable. Stopping twice is harmless.
    ///
    /// A service of the compatible surface runs inside the future of its `start`: that future returns when it is polled
    /// next, and is what holds the watch until then.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the service stops all the same.
    pub async fn stop(&self) {
        self.board.inbox.stop();
        self.board.close();
        let mut task = self.board.task.lock().await;
        if let Some(task) = task.as_mut() {
            // An error means that the runtime has ended the task already.
            let _ = task.await;
        }
        *task = None;
        self.board.end();
    }
}

impl<V> Clone for Control<V> {
    fn clone(&self) -> Self {
        Self {
            board: Arc::clone(&self.board),
            _keep: self._keep.clone(),
        }
    }
}

impl<V> fmt::Debug for Control<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Control").field(&self.status()).finish()
    }
}

/// What happens in a service: from [`Control::events`].
#[must_use = "events are only told when they are asked for"]
pub struct Events {
    channel: broadcast::Receiver<Event>,
    stopped: bool,
}

impl Events {
    /// Waits for the next event. `None` after [`Event::Stopped`].
    ///
    /// A reader that is more than 256 events behind loses the oldest, and is told how many by [`Event::Lagged`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, the event is told by the next call.
    pub async fn next(&mut self) -> Option<Event> {
        if self.stopped {
            return None;
        }
        let event = match self.channel.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(count)) => Event::Lagged(count),
            Err(RecvError::Closed) => Event::Stopped,
        };
        self.stopped = matches!(event, Event::Stopped);
        Some(event)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
