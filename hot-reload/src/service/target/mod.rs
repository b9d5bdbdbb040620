//! [`Target`]: the commands of a service without the type of its value.

#[cfg(any(
    feature = "admin",
    feature = "metrics",
    feature = "prometheus",
    feature = "systemd"
))]
mod facts;
mod rollback;
mod staged;

use std::fmt;
use std::sync::{Arc, Weak};

use futures_util::future::BoxFuture;

use crate::error::Error;
use crate::event::{Events, Trigger};
use crate::panics::discard;
use crate::plan::Plan;
use crate::receipt::Receipt;
#[cfg(any(feature = "admin", feature = "metrics", feature = "prometheus"))]
use crate::revision::Revision;
use crate::service::commands;
use crate::service::flight::{Explanation, Flight};
use crate::service::record::observer::Observer;
use crate::service::shared::Shared;
use crate::service::shared::inbox::stopped;
use crate::service::shared::request::{Earlier, Requester};
use crate::snapshot::Generation;
use crate::status::Status;

/// The commands of a service without the type of its value: from [`Control::target`](crate::Control::target).
///
/// Admin endpoints, signals and metrics use it to handle services of many types alike; a [`Registry`](crate::Registry) has those
/// of a process. Cloning is cheap.
///
/// A target keeps nothing alive: neither the service nor its value. Commands to a service that has stopped answer at once with
/// [`ErrorKind::Stopped`](crate::error::ErrorKind::Stopped).
///
/// ```
/// # use hot_reload::Control;
/// # use hot_reload::event::Requester;
/// # async fn example(config: Control<String>, routes: Control<Vec<String>>) {
/// for target in [config.target(), routes.target()] {
///     let receipt = target.reload_for(Requester::Signal).await;
///     println!("{}: {receipt}", target.name());
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Target {
    name: Arc<str>,
    source: Option<Arc<str>>,
    service: Weak<dyn Service>,
}

/// The commands of a service, for any type of value.
trait Service: Send + Sync {
    fn status(&self) -> Status;
    fn explain(&self) -> Explanation;
    fn reload(self: Arc<Self>, trigger: Trigger) -> BoxFuture<'static, Receipt>;
    fn republish(self: Arc<Self>) -> BoxFuture<'static, Receipt>;
    fn plan(self: Arc<Self>) -> BoxFuture<'static, Plan>;
    fn apply(self: Arc<Self>, token: String, trigger: Trigger) -> BoxFuture<'static, Receipt>;
    fn confirm(self: Arc<Self>, generation: Generation) -> BoxFuture<'static, Result<(), Error>>;
    fn enable(&self, enabled: bool);
    fn roll_back(self: Arc<Self>, to: Earlier) -> BoxFuture<'static, Receipt>;
    fn generations(&self) -> Vec<Generation>;
    fn pause(&self);
    fn resume(self: Arc<Self>) -> BoxFuture<'static, Receipt>;
    fn events(&self) -> Events;
    #[cfg(any(feature = "admin", feature = "metrics", feature = "prometheus"))]
    fn revision(&self) -> Option<Revision>;
    #[cfg(all(feature = "systemd", target_os = "linux"))]
    fn ping(self: Arc<Self>) -> BoxFuture<'static, ()>;
    fn observe(&self, observer: Arc<dyn Observer>);
    fn forget(&self, observer: &Arc<dyn Observer>);
    fn stop(self: Arc<Self>) -> BoxFuture<'static, ()>;
}

impl<V: Send + Sync + 'static> Service for Shared<V> {
    fn status(&self) -> Status {
        commands::status(self)
    }

    fn explain(&self) -> Explanation {
        self.flight.explain(commands::status(self))
    }

    fn reload(self: Arc<Self>, trigger: Trigger) -> BoxFuture<'static, Receipt> {
        Box::pin(async move { self.inbox.request(trigger).await })
    }

    fn republish(self: Arc<Self>) -> BoxFuture<'static, Receipt> {
        Box::pin(async move { self.inbox.republish().await })
    }

    fn plan(self: Arc<Self>) -> BoxFuture<'static, Plan> {
        Box::pin(async move { commands::plan(&self).await })
    }

    fn apply(self: Arc<Self>, token: String, trigger: Trigger) -> BoxFuture<'static, Receipt> {
        Box::pin(async move { commands::apply(&self, &token, trigger).await })
    }

    fn confirm(self: Arc<Self>, generation: Generation) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move { self.inbox.confirm(generation).await })
    }

    fn enable(&self, enabled: bool) {
        self.inbox.enable(enabled);
    }

    fn roll_back(self: Arc<Self>, to: Earlier) -> BoxFuture<'static, Receipt> {
        Box::pin(async move { commands::roll_back(&self, to).await })
    }

    fn generations(&self) -> Vec<Generation> {
        let history = self.history().list();
        history.iter().map(|value| value.generation()).collect()
    }

    fn pause(&self) {
        commands::pause(self);
    }

    fn resume(self: Arc<Self>) -> BoxFuture<'static, Receipt> {
        Box::pin(async move { commands::resume(&self).await })
    }

    fn events(&self) -> Events {
        commands::events(self)
    }

    #[cfg(any(feature = "admin", feature = "metrics", feature = "prometheus"))]
    fn revision(&self) -> Option<Revision> {
        let visible = self.publisher.current()?;
        visible.revision().cloned()
    }

    #[cfg(all(feature = "systemd", target_os = "linux"))]
    fn ping(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { self.inbox.ping().await })
    }

    fn observe(&self, observer: Arc<dyn Observer>) {
        self.observe(observer);
    }

    fn forget(&self, observer: &Arc<dyn Observer>) {
        self.observers.remove(observer);
    }

    fn stop(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { commands::stop(&self).await })
    }
}

impl Target {
    pub(crate) fn new<V: Send + Sync + 'static>(shared: &Arc<Shared<V>>) -> Self {
        let service: Weak<Shared<V>> = Arc::downgrade(shared);
        Self {
            name: Arc::clone(&shared.observers.target),
            source: shared.observers.source.clone(),
            service,
        }
    }

    /// The name of the service: [`Builder::name`](crate::Builder::name).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name that the source gives itself, if it does.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// The state of the service. If the service is gone, only its name, its source and that it has stopped.
    pub fn status(&self) -> Status {
        match self.service.upgrade() {
            Some(service) => service.status(),
            None => {
                let source = self.source.as_deref().map(str::to_owned);
                let mut status = Status::new(self.name.as_ref().to_owned(), source);
                status.stopped = true;
                status
            }
        }
    }

    /// The state of the service and its recent history, as [`Control::explain`](crate::Control::explain). If the service is
    /// gone, the history is empty.
    pub fn explain(&self) -> Explanation {
        match self.service.upgrade() {
            Some(service) => service.explain(),
            None => Flight::new(0).explain(self.status()),
        }
    }

    /// Loads the source now, as [`Control::reload`](crate::Control::reload).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the load still takes place.
    pub async fn reload(&self) -> Receipt {
        self.reload_for(Requester::Manual).await
    }

    /// Loads the source now for this requester, which events and logs name as the trigger.
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the load still takes place.
    pub async fn reload_for(&self, requester: Requester) -> Receipt {
        let trigger = requester.into();
        match self.service.upgrade() {
            Some(service) => service.reload(trigger).await,
            None => stopped(trigger),
        }
    }

    /// Loads the source now and publishes the value even if nothing has changed, as
    /// [`Control::republish`](crate::Control::republish).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the load still takes place.
    pub async fn republish(&self) -> Receipt {
        match self.service.upgrade() {
            Some(service) => service.republish().await,
            None => stopped(Trigger::Manual),
        }
    }

    /// Enables the service, as [`Control::enable`](crate::Control::enable).
    pub fn enable(&self) {
        if let Some(service) = self.service.upgrade() {
            service.enable(true);
        }
    }

    /// Disables the service, as [`Control::disable`](crate::Control::disable).
    pub fn disable(&self) {
        if let Some(service) = self.service.upgrade() {
            service.enable(false);
        }
    }

    /// Publishes nothing from now on until [`resume`](Self::resume), as [`Control::pause`](crate::Control::pause).
    pub fn pause(&self) {
        if let Some(service) = self.service.upgrade() {
            service.pause();
        }
    }

    /// Ends every hold and loads the source, as [`Control::resume`](crate::Control::resume).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the holds are ended and the load still takes place.
    pub async fn resume(&self) -> Receipt {
        match self.service.upgrade() {
            Some(service) => service.resume().await,
            None => stopped(Trigger::Manual),
        }
    }

    /// Subscribes to the events of the service from now on.
    pub fn events(&self) -> Events {
        match self.service.upgrade() {
            Some(service) => service.events(),
            None => Events::of_service(None, Arc::clone(&self.name), self.source.clone()),
        }
    }

    /// Adds an observer to the service.
    pub fn observe(&self, observer: impl Observer) {
        self.add(Arc::new(observer));
    }

    pub(crate) fn add(&self, observer: Arc<dyn Observer>) {
        match self.service.upgrade() {
            Some(service) => service.observe(observer),
            None => discard(observer),
        }
    }

    pub(crate) fn remove(&self, observer: &Arc<dyn Observer>) {
        if let Some(service) = self.service.upgrade() {
            service.forget(observer);
        }
    }

    /// Stops the service and waits until it is gone, as [`Control::stop`](crate::Control::stop).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the service still stops.
    pub async fn stop(&self) {
        if let Some(service) = self.service.upgrade() {
            service.stop().await;
        }
    }

    /// Waits until the service has stopped: nothing is published after that. Returns at once if it has.
    ///
    /// [`stop`](Self::stop) also waits until the task of the service has ended.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn stopped(&self) {
        let mut events = self.events();
        while events.next().await.is_some() {}
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("name", &self.name)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
