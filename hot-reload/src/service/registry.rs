//! [`Registry`]: the services of a process, by name.

use std::fmt;
use std::sync::{Arc, Mutex, Weak};

use futures_util::future::join_all;

use super::record::observer::{Call, Observer, Observers};
use super::shared::request::Requester;
use super::target::Target;
use crate::error::{Error, ErrorKind};
use crate::event::{Event, EventKind, Events};
use crate::locks::lock;
use crate::receipt::Receipt;

/// The services of a process, by name, with one stream of their events and one list of observers.
///
/// Admin endpoints, metrics and signals use it to handle all services alike. Cloning is cheap; clones are the same registry. A
/// registry does not keep its services running. A service that stops leaves it.
///
/// ```
/// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
/// # #[derive(Clone)] struct Motto;
/// # #[async_trait] impl Reload<String> for Motto {
/// #     type Source = ();
/// #     async fn new(_: &()) -> ReloadResult<Self, String> { Ok(Self) }
/// #     async fn reload(&self) -> ReloadResult<Option<String>, String> { Ok(Some("hello".to_owned())) }
/// # }
/// use hot_reload::Registry;
/// use hot_reload::event::Requester;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), hot_reload::Error> {
/// let registry = Registry::new();
/// registry.on_event(|event| println!("{}: {}", event.target, event.kind));
///
/// let service = ReloaderService::builder(Motto).name("motto").register(&registry);
/// let (motto, control) = service.start().await?;
///
/// for (target, receipt) in registry.reload_all(Requester::Manual).await {
///     println!("{}: {receipt}", target.name());
/// }
/// registry.stop_all().await;
/// assert!(registry.targets().is_empty());
/// # drop((motto, control));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Registry(Arc<Inner>);

/// A registry that its observers may refer to.
#[cfg(any(feature = "metrics", feature = "prometheus"))]
pub(crate) struct WeakRegistry(Weak<Inner>);

#[cfg(any(feature = "metrics", feature = "prometheus"))]
impl WeakRegistry {
    pub(crate) fn upgrade(&self) -> Option<Registry> {
        self.0.upgrade().map(Registry)
    }
}

#[derive(Default)]
struct Inner {
    entries: Mutex<Vec<Entry>>,
    observers: Observers,
}

struct Entry {
    target: Target,
    /// The observer of the target that forwards its events.
    observer: Arc<StopObserver>,
}

impl Registry {
    /// Makes an empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a service. Its events from now on reach the observers and the readers of this registry.
    ///
    /// [`Builder::register`](crate::Builder::register) does the same before the first load.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] if a service of this name is registered. The message names both sources.
    pub fn register(&self, target: Target) -> Result<(), Error> {
        let observer = Arc::new(StopObserver(Arc::downgrade(&self.0)));
        {
            let mut entries = lock(&self.0.entries);
            let mut registered = entries.iter().map(|entry| &entry.target);
            if let Some(other) = registered.find(|other| other.name() == target.name()) {
                return Err(taken(other, &target));
            }
            entries.push(Entry {
                target: target.clone(),
                observer: Arc::clone(&observer),
            });
        }
        target.add(observer.clone());
        // The target may have stopped before the observer was added.
        if target.status().stopped {
            self.0.remove(&observer);
        }
        Ok(())
    }

    /// Removes a service, which continues to run. Returns it, or `None` if no service has this name.
    pub fn unregister(&self, name: &str) -> Option<Target> {
        let entry = {
            let mut entries = lock(&self.0.entries);
            let at = entries
                .iter()
                .position(|entry| entry.target.name() == name)?;
            entries.remove(at)
        };
        let observer: Arc<dyn Observer> = entry.observer;
        entry.target.remove(&observer);
        Some(entry.target)
    }

    /// The service of this name.
    pub fn get(&self, name: &str) -> Option<Target> {
        let mut targets = self.targets().into_iter();
        targets.find(|target| target.name() == name)
    }

    /// All services, in the order in which they were registered.
    pub fn targets(&self) -> Vec<Target> {
        let entries = lock(&self.0.entries);
        entries.iter().map(|entry| entry.target.clone()).collect()
    }

    /// Loads all sources now, at the same time. Returns each service with its receipt, in the order of registration.
    ///
    /// To load one, use [`get`](Self::get) and [`Target::reload_for`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the requested loads still take place.
    pub async fn reload_all(&self, requester: Requester) -> Vec<(Target, Receipt)> {
        let reloads = self.targets().into_iter().map(|target| async move {
            let receipt = target.reload_for(requester).await;
            (target, receipt)
        });
        join_all(reloads).await
    }

    /// Stops all services, at the same time, and waits until they are gone.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the services whose stop was requested still stop.
    pub async fn stop_all(&self) {
        let targets = self.targets();
        join_all(targets.iter().map(Target::stop)).await;
    }

    /// Subscribes to the events of all services from now on, including services that are registered later.
    pub fn events(&self) -> Events {
        Events::of_registry(self.0.observers.listen())
    }

    /// Adds an observer of all services, including services that are registered later.
    pub fn observe(&self, observer: impl Observer) {
        self.0.observers.add(Arc::new(observer));
    }

    #[cfg(any(feature = "metrics", feature = "prometheus"))]
    pub(crate) fn downgrade(&self) -> WeakRegistry {
        WeakRegistry(Arc::downgrade(&self.0))
    }

    /// Calls a function for each event, as [`observe`](Self::observe) does with an observer.
    pub fn on_event(&self, call: impl Fn(&Event) + Send + Sync + 'static) {
        self.observe(Call(call));
    }
}

impl Inner {
    /// Removes the service of this observer. Returns whether it was registered.
    fn remove(&self, observer: &StopObserver) -> bool {
        let mut entries = lock(&self.entries);
        let before = entries.len();
        entries.retain(|entry| !std::ptr::eq(&*entry.observer, observer));
        entries.len() < before
    }

    fn has(&self, observer: &StopObserver) -> bool {
        let entries = lock(&self.entries);
        entries
            .iter()
            .any(|entry| std::ptr::eq(&*entry.observer, observer))
    }
}

/// The error for a second service of the same name.
fn taken(registered: &Target, new: &Target) -> Error {
    let source = |target: &Target| {
        target
            .source()
            .unwrap_or("a source without a name")
            .to_owned()
    };
    Error::new(
        ErrorKind::Misconfigured,
        format!(
            "two services are named `{}`: one on {}, one on {}; name one of them with `Builder::name`",
            new.name(),
            source(registered),
            source(new),
        ),
    )
}

/// Forwards the events of a service to its registry, and removes the service when it stops.
struct StopObserver(Weak<Inner>);

impl Observer for StopObserver {
    fn on_event(&self, event: &Event) {
        let Some(registry) = self.0.upgrade() else {
            return;
        };
        // The service may have been unregistered while it notified its observers.
        let is_registered = match event.kind {
            EventKind::Stopped => registry.remove(self),
            EventKind::Load { .. }
            | EventKind::Watch { .. }
            | EventKind::Missed
            | EventKind::Paused
            | EventKind::Resumed
            | EventKind::Stale { .. }
            | EventKind::Outage { .. }
            | EventKind::GivenUp { .. }
            | EventKind::Degraded(_)
            | EventKind::Resolved(_)
            | EventKind::Lagged(_) => registry.has(self),
        };
        if is_registered {
            registry.observers.notify(|| event.clone());
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.targets()).finish()
    }
}
