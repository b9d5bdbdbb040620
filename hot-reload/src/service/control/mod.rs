//! [`Control`]: the commands of a service. [`Live`](crate::Live) is its read side.

mod staged;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::event::{Event, Events, Trigger};
use crate::receipt::Receipt;
use crate::service::commands;
use crate::service::flight::Explanation;
use crate::service::record::observer::{Call, Observer};
use crate::service::shared::Shared;
use crate::service::shared::request::{Earlier, Requester};
use crate::service::target::Target;
use crate::snapshot::{Generation, Snapshot};
use crate::status::Status;

/// The commands of a service: reload, rollback, pause, resume, stop. Cloning is cheap. Request code needs only
/// [`Live`](crate::Live).
pub struct Control<V> {
    shared: Arc<Shared<V>>,
    /// Stops the service when its last clone is dropped. `None` if somebody else owns the service.
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

    /// Splits this into commands that do not keep the service running, and the owner that does.
    pub(crate) fn into_parts(self) -> (Self, Arc<dyn Any + Send + Sync>) {
        let keep = self._keep.unwrap_or_else(|| Arc::new(()));
        (Self::new(self.shared, None), keep)
    }

    /// Loads the source now, and returns the outcome and its course.
    ///
    /// The load begins after this call, so it sees all earlier changes. Rejected content is tried again. Concurrent calls share
    /// one load. If the service has not been started yet, the call waits for the start.
    ///
    /// # Errors
    ///
    /// In the receipt. If the service has stopped, the outcome is at once [`Failed`](crate::Outcome::Failed) with
    /// [`ErrorKind::Stopped`](crate::error::ErrorKind::Stopped).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the load still takes place.
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

    /// Loads the source as [`reload`](Self::reload) does, and publishes the value even if nothing has changed.
    ///
    /// The value is validated and prepared as always, and becomes a new generation with the trigger
    /// [`Manual`](crate::event::Trigger::Manual). Subscribers, callbacks and projections are notified; a projection only if its
    /// part changed. Use it to repeat what a publication causes: to fill a cache again, to open connections again.
    ///
    /// Holds still apply: during a pause, after a rollback, or if a guard holds the value, nothing is published. The members of a group are reloaded, and the group is
    /// published again.
    ///
    /// ```
    /// # async fn example(control: hot_reload::Control<String>) {
    /// let receipt = control.republish().await;
    /// if !receipt.is_current() {
    ///     println!("not published: {receipt}");
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`reload`](Self::reload).
    ///
    /// # Cancel safety
    ///
    /// As [`reload`](Self::reload).
    pub async fn republish(&self) -> Receipt {
        self.shared.inbox.republish().await
    }

    pub(crate) async fn request(&self, trigger: Trigger) -> Receipt {
        self.shared.inbox.request(trigger).await
    }

    /// Waits until every change made before this call is visible, or returns why it is not.
    ///
    /// It is for tests, and for programs that have just written to the source and need the new value. A load begins after this
    /// call. Rejected content is not tried again; [`reload`](Self::reload) does that.
    /// [`Outcome::is_current`](crate::Outcome::is_current) is true if the visible value is current: the outcome is
    /// [`Published`](crate::Outcome::Published) or [`Unchanged`](crate::Outcome::Unchanged). Concurrent calls share one load.
    /// If the service has not been started yet, the call waits for the start. If it has stopped, the call returns at once.
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
    /// If the future is dropped, the load still takes place.
    pub async fn barrier(&self) -> Receipt {
        self.request(Trigger::Resync).await
    }

    /// The replaced values that are kept, the newest first; [`Builder::history`](crate::Builder::history) sets their number.
    /// Empty once the service has stopped.
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

    /// Publishes the previous value again. A second call publishes the one before that, if it is still kept. The replaced value
    /// enters the history, too.
    ///
    /// Otherwise as [`rollback_to`](Self::rollback_to).
    ///
    /// # Cancel safety
    ///
    /// As [`rollback_to`](Self::rollback_to).
    pub async fn rollback(&self) -> Receipt {
        commands::roll_back(&self.shared, Earlier::Previous).await
    }

    /// Publishes an earlier value again, as a new generation. Its [`origin`](Snapshot::origin) is the generation of the first
    /// publication of the value.
    ///
    /// The content of the source is held until the source changes or [`resume`](Self::resume) is called. Meanwhile every load
    /// that finds it returns [`Held`](crate::Outcome::Held), [`reload`](Self::reload) included, and [`Status::hold`] has the
    /// reason. A source without revisions whose values are not compared
    /// ([`builder_by_revision`](crate::ReloaderService::builder_by_revision)) shows no change, so only `resume` ends that hold.
    ///
    /// The content of the source means the content that was last seen, even if it was rejected or held and was never visible.
    /// If the source had no content and a default was visible, any content is a change. If the last value had stayed, any value
    /// other than the replaced one is a change. A rollback does not outlive the process: a restart begins with the content of
    /// the source.
    ///
    /// Validators do not run again, because they accepted the value before. The [participants](crate::Participant) prepare for
    /// it as for any other value, and may refuse it. A rollback also works while the service is [paused](Self::pause) or the
    /// source is unreachable.
    ///
    /// # Errors
    ///
    /// [`Failed`](crate::Outcome::Failed) with [`ErrorKind::NotFound`](crate::error::ErrorKind::NotFound) if the value is not kept,
    /// and with [`ErrorKind::Stopped`](crate::error::ErrorKind::Stopped) once the service has stopped.
    /// [`Rejected`](crate::Outcome::Rejected) at stage [`Prepare`](crate::event::Stage::Prepare) if a participant refuses the
    /// value.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the rollback still takes place.
    pub async fn rollback_to(&self, generation: Generation) -> Receipt {
        commands::roll_back(&self.shared, Earlier::Generation(generation)).await
    }

    /// Stops publishing values of the source until [`resume`](Self::resume). It takes effect before this call returns.
    ///
    /// The service still loads the source. A new good value has the outcome [`Held`](crate::Outcome::Held), for
    /// [`reload`](Self::reload), too. Content that does not pass decoding or validation is rejected, so you can test a
    /// candidate that far. Guards and participants run after the pause. [Rollbacks](Self::rollback) work during a pause. A
    /// second pause has no effect.
    ///
    /// Subscribers may be notified of a value that was published right before the pause. Values that a hand-written watch sends
    /// during a pause are dropped; the service loads the source at the end of the pause.
    pub fn pause(&self) {
        commands::pause(&self.shared);
    }

    /// Ends all holds at once, loads the source, and returns the outcome.
    ///
    /// Holds are a [pause](Self::pause), a [rollback](Self::rollback_to), a failed [`Probation`](crate::policy::Probation), and the
    /// objection of a [`ShrinkGuard`](crate::admission::ShrinkGuard) or a [`VersionGuard`](crate::admission::VersionGuard). A
    /// rollback that is requested after this call still holds. A source that is [being
    /// written](crate::event::HoldReason::BeingWritten) stays held.
    ///
    /// # Errors
    ///
    /// As [`reload`](Self::reload).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the holds end and the load still takes place.
    pub async fn resume(&self) -> Receipt {
        commands::resume(&self.shared).await
    }

    /// Enables a [disabled](crate::Builder::enabled) service: it opens its watch, loads the source, and polls again. Without an
    /// effect on an enabled one.
    ///
    /// It takes effect soon after this call; [`Status::enabled`](crate::Status::enabled) says so.
    pub fn enable(&self) {
        self.shared.inbox.enable(true);
    }

    /// Disables the service: it closes its watch, and loads the source only on request. Its value stays.
    ///
    /// It takes effect soon after this call, as [`enable`](Self::enable) does. A running load ends, and may publish. If the
    /// service has no value yet, it polls until it has one.
    ///
    /// ```
    /// # async fn example(control: hot_reload::Control<String>) {
    /// control.disable();
    /// // During a maintenance window, only a person reloads.
    /// let receipt = control.reload().await;
    /// control.enable();
    /// # drop(receipt);
    /// # }
    /// ```
    pub fn disable(&self) {
        self.shared.inbox.enable(false);
    }

    /// The state of the service.
    pub fn status(&self) -> Status {
        commands::status(&self.shared)
    }

    /// The state of the service and its recent history.
    ///
    /// Print it if a change is not visible and the reason is unknown. [`Builder::flight_recorder`](crate::Builder::flight_recorder)
    /// sets the length of the history.
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

    /// Drops the event ring if nobody reads it, after the [`Events`] of the start were dropped.
    pub(crate) fn unlisten(&self) {
        self.shared.observers.unlisten();
    }

    /// Stops the service, and waits until it is gone.
    ///
    /// After that nothing is published, and no task, thread, descriptor or connection of the service is left. The last value
    /// stays readable. A second call has no effect.
    ///
    /// A service of the compatible surface runs inside the future of its `start`. That future returns when it is polled next,
    /// and holds the watch until then.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the service still stops.
    pub async fn stop(&self) {
        commands::stop(&self.shared).await;
    }

    /// Waits for the end of all callbacks on the engine's thread.
    #[cfg(feature = "blocking")]
    pub(crate) async fn callbacks_ended(&self) {
        self.shared.publisher.live().callbacks_ended().await;
    }

    /// Requests the stop, and does not wait.
    #[cfg(feature = "blocking")]
    pub(crate) fn begin_stop(&self) {
        commands::begin_stop(&self.shared);
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
