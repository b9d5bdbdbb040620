//! Options that decide whether a value is published: validators, participants, admission guards.

use std::fmt::Display;

use futures_util::future::BoxFuture;

use crate::participant::Participant;
use crate::service::admission::{ShrinkGuard, VersionGuard};
use crate::service::builder::Builder;

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Adds a validator. A value is rejected if the validator returns an error. All validators run, even after an error.
    ///
    /// A rejected value never becomes visible. The outcome is [`Rejected`](crate::Outcome::Rejected) at stage
    /// [`Validate`](crate::event::Stage::Validate).
    pub fn validate<E: Display>(
        mut self,
        validator: impl Fn(&V) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let validator = move |value: &V| validator(value).map_err(|error| error.to_string());
        self.validators.at_once.push(Box::new(validator));
        self
    }

    /// Adds an async validator, for checks that take time: whether a host can be reached, whether a query works. Otherwise as
    /// [`validate`](Self::validate).
    ///
    /// Async validators run at the same time, once the other validators have accepted the value. Each has the
    /// [`prepare_deadline`](Self::prepare_deadline). One that misses it refuses the value.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct Hosts;
    /// # #[async_trait] impl Reload<String> for Hosts {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, String> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<String>, String> { Ok(Some("localhost".to_owned())) }
    /// # }
    /// use futures_util::FutureExt;
    ///
    /// let builder = ReloaderService::builder(Hosts).validate_async(|host: &String| {
    ///     async move {
    ///         tokio::net::lookup_host((host.as_str(), 80)).await?;
    ///         Ok::<_, std::io::Error>(())
    ///     }
    ///     .boxed()
    /// });
    /// # drop(builder);
    /// ```
    pub fn validate_async<E: Display + 'static>(
        mut self,
        validator: impl for<'v> Fn(&'v V) -> BoxFuture<'v, Result<(), E>> + Send + Sync + 'static,
    ) -> Self {
        self.validators.in_time.push(Box::new(move |value| {
            let answer = validator(value);
            Box::pin(async move { answer.await.map_err(|error| error.to_string()) })
        }));
        self
    }

    /// Adds a component that must be ready for a value before it becomes visible. Participants prepare at the same time.
    ///
    /// The name appears in the [`Receipt`](crate::Receipt) and in errors.
    pub fn participant(
        mut self,
        name: impl Into<String>,
        participant: impl Participant<V> + 'static,
    ) -> Self {
        self.participants.add(name.into(), participant);
        self
    }

    /// Holds a value that is empty, or much smaller than the visible one, until it is confirmed.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct Routes;
    /// # #[async_trait] impl Reload<Vec<String>> for Routes {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, Vec<String>> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<Vec<String>>, Vec<String>> { Ok(Some(vec![])) }
    /// # }
    /// use hot_reload::admission::ShrinkGuard;
    ///
    /// let builder = ReloaderService::builder(Routes)
    ///     .shrink_guard(ShrinkGuard::by(|routes: &Vec<String>| routes.len()));
    /// # drop(builder);
    /// ```
    pub fn shrink_guard(mut self, guard: ShrinkGuard<V>) -> Self {
        self.admission.push(Box::new(guard));
        self
    }

    /// Holds a value whose version is lower than an accepted one, until it is confirmed.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(PartialEq)] struct Config { version: u64 }
    /// # #[derive(Clone)] struct Replicas;
    /// # #[async_trait] impl Reload<Config> for Replicas {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, Config> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<Config>, Config> { Ok(None) }
    /// # }
    /// use hot_reload::admission::VersionGuard;
    ///
    /// let builder = ReloaderService::builder(Replicas)
    ///     .version_guard(VersionGuard::by(|config: &Config| config.version));
    /// # drop(builder);
    /// ```
    pub fn version_guard<K, I>(mut self, guard: VersionGuard<V, K, I>) -> Self
    where
        K: Ord + Display + Send + Sync + 'static,
        I: PartialEq + Send + Sync + 'static,
    {
        self.admission.push(Box::new(guard));
        self
    }
}
