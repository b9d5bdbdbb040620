//! Options for observers and registries.

use std::sync::Arc;

use super::super::Builder;
use crate::event::Event;
use crate::service::record::observer::{Call, Observer};
use crate::service::registry::Registry;

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Adds an observer, which is notified of each event from the first load on.
    pub fn observe(mut self, observer: impl Observer) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Calls a function for each event from the first load on.
    ///
    /// The function must return soon, because it runs in the task of the service. [`Observer`] has the contract.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct Motto;
    /// # #[async_trait] impl Reload<String> for Motto {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, String> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<String>, String> { Ok(None) }
    /// # }
    /// use hot_reload::Outcome;
    ///
    /// let builder = ReloaderService::builder(Motto).on_event(|event| match event.outcome() {
    ///     Some(Outcome::Published { generation }) => println!("{} is now generation {generation}", event.target),
    ///     _ => println!("{event}"),
    /// });
    /// # drop(builder);
    /// ```
    pub fn on_event(self, call: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observe(Call(call))
    }

    /// Registers the service in a [`Registry`] when it starts, before its first load.
    ///
    /// The name is free again once a service of that name has stopped ([`Target::stopped`](crate::Target::stopped)). If the
    /// registry has another service of this name, [`start`](Self::start) returns the error. A service that is
    /// [started in the background](Self::start_in_background) logs it and stops.
    pub fn register(mut self, registry: &Registry) -> Self {
        self.registries.push(registry.clone());
        self
    }
}
