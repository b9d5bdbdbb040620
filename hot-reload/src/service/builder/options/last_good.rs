//! The option that keeps the last good value in a file.

use std::sync::Arc;

use crate::last_good::LastGood;
use crate::service::builder::Builder;

impl<T, V, S> Builder<T, V, S>
where
    V: Send + Sync + 'static,
{
    /// Saves each published value in a file, and restores that value if the source gives none at the start.
    ///
    /// A restored value is validated and prepared like any other. It is the first generation, with its original revision and
    /// time of loading. [`Status::data`](crate::Status) is [`Restored`](crate::event::DataState::Restored) until a load finds the
    /// visible value or one that replaces it. Meanwhile, the source is loaded as often as if there were no value.
    ///
    /// At the start, content that is empty or blank counts as [emptied](crate::Loaded::Emptied) if the saved value came from
    /// other content. A second load confirms it, and the saved value is restored. The removal policy and
    /// [`empty_is_content`](Self::empty_is_content) apply. If the disk does not answer, nobody knows whether there is a saved
    /// value. Such a load fails and is retried, and the blank content is not published.
    ///
    /// A blocking thread saves a value after it has become visible. A failed save is logged and has no other effect; the
    /// next value
    /// is saved as usual. [`stop`](crate::Control::stop) waits for the running save, and then for the save of the newest
    /// value: at most 10 s for each. The default of a [`RemovalPolicy`](crate::policy::RemovalPolicy) is not saved. If the source can be read and has
    /// no content, the service starts with that default. A second call replaces the first.
    ///
    /// ```
    /// # #[cfg(all(feature = "file", feature = "toml", feature = "json"))] mod example {
    /// use hot_reload::ReloaderService;
    /// use hot_reload::source::{File, Source, Toml};
    /// use hot_reload::policy::LastGood;
    ///
    /// #[derive(PartialEq, serde::Deserialize, serde::Serialize)]
    /// struct Routes { upstreams: Vec<String> }
    ///
    /// # async fn example() -> Result<(), hot_reload::Error> {
    /// let source = File::new("/mnt/shared/routes.toml").decode(Toml::<Routes>::new());
    /// let (routes, control) = ReloaderService::builder(source)
    ///     .last_good(LastGood::json("/var/lib/proxy/routes.last-good"))
    ///     .start()
    ///     .await?;
    /// # drop((routes, control)); Ok(()) }
    /// # }
    /// ```
    pub fn last_good(mut self, last_good: LastGood<V>) -> Self {
        self.keeper = Some(Arc::new(last_good));
        self
    }
}
