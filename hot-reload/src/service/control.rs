//! [`Control`]: what commands a service, in distinction to what reads from it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::commands;
use super::events::Events;
use super::flight::Explanation;
use super::record::observer::{Call, Observer};
use super::shared::Shared;
use super::shared::request::{Earlier, Requester};
use super::target::Target;
use crate::event::{Event, Trigger};
use crate::receipt::Receipt;
use crate::snapshot::{Generation, Snapshot};
use crate::status::Status;

/// The commanding side of a service. Cloning is cheap; request code should only get [`Live`](crate::Live).
pub struct Control<V> {
    shared: Arc<Shared<V>>,
    /// What stops the service when it is dropped for the last time; nothing if somebody else owns the service.
    _keep: Option<Arc<dyn Any + Send + Sync>>,
}

impl<V> Control<V> {
    pub(crate) fn new(shared: Arc<Shared<V>>, keep: Option<Arc<dyn Any + Send + Sync>>) -> Self {
        Self {
            shared,
            _keep: keep,
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<V>> {
        &self.shared
    }

    /// The same without what keeps the service running, and that.
    pub(crate) fn into_parts(self) -> (Self, Arc<dyn Any + Send + Sync>) {
        let keep = self._keep.unwrap_or_else(|| Arc::new(()));
        (Self::new(self.shared, None), keep)
    }

    /// Looks at the source now, and says what came of it, and how.
    ///
    /// The load begins after this call, so it sees everything that was changed before. Content that was rejected is
    /// tried again. Calls that come together share a load. Where the service has not been started yet, the call waits
    /// for that.
    ///
    /// # Errors
    ///
    /// They are in the receipt. Once the service has stopped, it is at once [`Failed`](crate::Outcome::Failed) with
    /// [`ErrorKind::Stopped`](crate::ErrorKind::Stopped).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the load is taken all the same.
    pub async fn reload(&self) -> Receipt {
        self.request(Trigger::Manual).await
    }

    /// Loads the source as [`reload`](Self::reload) does, for this requester, which events and logs name as the trigger.
    ///
    /// # Errors
    ///
    /// As [`reload`](Self::reload).
    ///
    /// # Cancel safety
    ///
    /// As [`reload`](Self::reload).
    pub async fn reload_for(&self, requester: Requester) -> Receipt {
        self.request(requester.into()).await
    }

    pub(crate) async fn request(&self, trigger: Trigger) -> Receipt {
        self.shared.inbox.ask(trigger).await
    }

    /// Waits until everything that was changed before this call is visible, or says why it is not.
    ///
    /// It is for tests and for whoever has just written to the source and wants to go on with what was written. A load
    /// begins after this call; content that was rejected before is not tried again, which
    /// [`reload`](Self::reload) does. What is not current after it is said by the outcome:
    /// [`Published`](crate::Outcome::Published) and [`Unchanged`](crate::Outcome::Unchanged) are,
    /// as told by [`Outcome::is_current`](crate::Outcome::is_current). Calls that come together share a load. Where the service has not been started
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
    /// If the future is dropped, the load is taken all the same.
    pub async fn barrier(&self) -> Receipt {
        self.request(Trigger::Resync).await
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
        self.shared.history().list()
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
        commands::roll_back(&self.shared, Earlier::Previous).await
    }

    /// Brings an earlier value back, as a new generation. Its [`origin`](Snapshot::origin) is the number under which the value
    /// was published for the first time.
    ///
    /// What the source holds stays away until the source changes or [`resume`](Self::resume) is called: each load that finds
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
        commands::roll_back(&self.shared, Earlier::Generation(generation)).await
    }

    /// Keeps the source out: when this returns, nothing that it holds becomes visible any more, until
    /// [`resume`](Self::resume).
    ///
    /// The source is loaded as before, and what is good and not visible is answered by [`Held`](crate::Outcome::Held),
    /// also to [`reload`](Self::reload). What cannot be decoded or a validator refuses is rejected, so a candidate can be
    /// tried that far in a pause; guards, fences and participants are asked after it. An earlier value can be [brought
    /// back](Self::rollback). Pausing twice is harmless.
    ///
    /// A value that became visible just before may be told to subscribers a moment later. What a hand-written watch pushes in
    /// a pause is not kept; at the end of the pause the source is asked.
    pub fn pause(&self) {
        commands::pause(&self.shared);
    }

    /// Ends whatever holds values back, all of it at once: a [pause](Self::pause), a [rollback](Self::rollback_to), a failed
    /// [`Probation`](crate::Probation), the doubt of a [`ShrinkGuard`](crate::ShrinkGuard) or a [`VersionGuard`](crate::VersionGuard). Looks at the source, and says what came of it. A rollback
    /// that is asked for after this call holds all the same.
    ///
    /// # Errors
    ///
    /// As of [`reload`](Self::reload).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the load is taken all the same, and nothing is held back.
    pub async fn resume(&self) -> Receipt {
        commands::resume(&self.shared).await
    }

    /// How the service is.
    pub fn status(&self) -> Status {
        commands::status(&self.shared)
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
        self.shared.flight.explain(self.status())
    }

    /// Subscribes to the events of the service from now on.
    pub fn events(&self) -> Events {
        commands::events(&self.shared)
    }

    /// The [`Events`] of the start were dropped.
    pub(crate) fn unlisten(&self) {
        self.shared.observers.unlisten();
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
        commands::stop(&self.shared).await;
    }

    /// Adds an observer, which is notified of each event from now on.
    pub fn observe(&self, observer: impl Observer) {
        self.shared.observe(Arc::new(observer));
    }

    /// Calls a function for each event from now on, as [`observe`](Self::observe) does with an observer.
    pub fn on_event(&self, call: impl Fn(&Event) + Send + Sync + 'static) {
        self.observe(Call(call));
    }
}

impl<V: Send + Sync + 'static> Control<V> {
    /// Returns the same commands without the type of the value. A target does not keep the service running.
    pub fn target(&self) -> Target {
        Target::new(&self.shared)
    }
}

impl<V> Clone for Control<V> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            _keep: self._keep.clone(),
        }
    }
}

impl<V> fmt::Debug for Control<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Control").field(&self.status()).finish()
    }
}
