//! Limits of a service: attempts, rate, jitter, enabled or not; and settings that override these and others.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use crate::policy::ReloadSettings;
use crate::reload::Reload;
use crate::service::builder::Builder;

impl<T, V, S> Builder<T, V, S>
where
    T: Reload<V, S> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: Into<Cow<'static, str>> + Display + 'static,
{
    /// Sets the number of loads in a row that may fail or be rejected before the service counts as given up. Default, and with
    /// 0: none.
    ///
    /// Then [`Status::given_up`](crate::Status::given_up) is true, and [`EventKind::GivenUp`](crate::event::EventKind::GivenUp)
    /// and the log report it once. Nothing else changes: the last good value stays, and the retries go on. The next good load
    /// clears it. A load is good if it finds the visible value, a new value or a held value. A load that finds no content, or
    /// content that is still being written, changes nothing.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct Motto;
    /// # #[async_trait] impl Reload<String> for Motto {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, String> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<String>, String> { Ok(None) }
    /// # }
    /// use hot_reload::event::EventKind;
    ///
    /// let builder = ReloaderService::builder(Motto).max_attempts(5).on_event(|event| {
    ///     if let EventKind::GivenUp { attempts, .. } = event.kind {
    ///         println!("{}: {attempts} loads have failed, call somebody", event.target);
    ///     }
    /// });
    /// # drop(builder);
    /// ```
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.limits.attempts = Some(attempts);
        self
    }

    /// Limits the loads that hints may cause: `burst` at once, and one more after each `pause`. A burst of 0 counts as 1.
    ///
    /// Hints beyond the limit are merged, so no change is lost. Requests, retries and periodic loads are not limited. Without a
    /// watch, there are no hints.
    ///
    /// # Default
    ///
    /// The rate of the source's [`WatchProfile`](crate::source::WatchProfile): none for a local file; two loads at once and one
    /// more each second for a store.
    pub fn rate(mut self, burst: u32, pause: Duration) -> Self {
        self.limits.rate = Some((burst, pause));
        self
    }

    /// Delays each load that a hint causes by a random time up to `longest`. Default: zero.
    ///
    /// If one change of a store sends a hint to many instances of a program, they do not all load at the same moment. The delay
    /// comes after the [debounce](Self::debounce) window, and is drawn once for the hints that one load answers. Requests,
    /// retries and periodic loads are not delayed. A value that a hand-written watch sends needs no load, and is not delayed
    /// either.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct Motto;
    /// # #[async_trait] impl Reload<String> for Motto {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, String> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<String>, String> { Ok(None) }
    /// # }
    /// use std::time::Duration;
    ///
    /// let builder = ReloaderService::builder(Motto)
    ///     .rate(1, Duration::from_secs(10))
    ///     .jitter(Duration::from_secs(5));
    /// # drop(builder);
    /// ```
    pub fn jitter(mut self, longest: Duration) -> Self {
        self.limits.jitter = longest;
        self
    }

    /// Sets whether the service loads without a request. Default: `true`.
    ///
    /// A disabled service loads its first value, and retries until it has one. Then it neither polls nor watches. A
    /// [`reload`](crate::Control::reload), a [`barrier`](crate::Control::barrier) and a
    /// [`rollback`](crate::Control::rollback) work as always; if it fails, it is not retried.
    /// [`Control::enable`](crate::Control::enable) enables it again, and [`Status::enabled`](crate::Status::enabled) shows the state.
    ///
    /// With [`max_staleness`](Self::max_staleness), the value of a disabled service becomes stale.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.limits.enabled = enabled;
        self
    }

    /// Applies settings, such as those of a command line or of a file that the program reads once. They override the options
    /// of this builder, whatever the order of the calls. A second call replaces the first.
    ///
    /// # Errors
    ///
    /// [`start`](Self::start) returns [`Misconfigured`](crate::error::ErrorKind::Misconfigured) for a strategy with a watch, unless
    /// [`hybrid`](Self::hybrid) or [`realtime`](Self::realtime) was called.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct Motto;
    /// # #[async_trait] impl Reload<String> for Motto {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, String> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<String>, String> { Ok(None) }
    /// # }
    /// use std::time::Duration;
    ///
    /// use hot_reload::policy::ReloadSettings;
    ///
    /// let settings = ReloadSettings::default().with_interval(Duration::from_secs(5));
    /// let builder = ReloaderService::builder(Motto).settings(&settings);
    /// # drop(builder);
    /// ```
    pub fn settings(mut self, settings: &ReloadSettings) -> Self {
        self.overrides = Some(Box::new(settings.clone()));
        self
    }

    /// Reads the reload settings from the value, and applies them to its own service. They override the options of this builder and its
    /// [`settings`](Self::settings), from the first value on. A second call replaces the first.
    ///
    /// The service applies them to itself after each publication that changes them, rollbacks included, without a restart. The
    /// first load uses the options of the builder. [`Control::enable`](crate::Control::enable) and
    /// [`Control::disable`](crate::Control::disable) apply until the settings change.
    ///
    /// If a value's settings disable the service, only a request or [`Control::enable`](crate::Control::enable) loads the next value.
    ///
    /// # Errors
    ///
    /// A value is rejected at stage [`Validate`](crate::event::Stage::Validate) if its strategy uses a watch, unless
    /// [`hybrid`](Self::hybrid) or [`realtime`](Self::realtime) was called. If the source has no watch after all, it is polled,
    /// and [`Status::watch_error`](crate::Status::watch_error) says so.
    ///
    /// ```
    /// # #[cfg(all(feature = "file", feature = "toml", feature = "serde"))] mod example {
    /// use hot_reload::ReloaderService;
    /// use hot_reload::policy::ReloadSettings;
    /// use hot_reload::source::{File, Source, Toml};
    ///
    /// #[derive(PartialEq, serde::Deserialize)]
    /// struct Config {
    ///     listen: String,
    ///     #[serde(default)]
    ///     reload: ReloadSettings,
    /// }
    ///
    /// # async fn example() -> Result<(), hot_reload::Error> {
    /// let source = File::new("server.toml").decode(Toml::<Config>::new());
    /// let (config, control) = ReloaderService::builder(source)
    ///     .hybrid()
    ///     .settings_from(|config: &Config| &config.reload)
    ///     .start()
    ///     .await?;
    /// # drop((config, control)); Ok(()) }
    /// # }
    /// ```
    pub fn settings_from(
        mut self,
        section: impl for<'v> Fn(&'v V) -> &'v ReloadSettings + Send + Sync + 'static,
    ) -> Self {
        self.section = Some(Arc::new(section));
        self
    }
}
