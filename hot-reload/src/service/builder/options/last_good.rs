//! The option that keeps the last good value in a file.

use std::sync::Arc;

use crate::last_good::LastGood;
use crate::service::builder::Builder;

impl<T, V, S> Builder<T, V, S>
where
    V: Send + Sync + 'static,
{
    /// Keeps each published value in a file, and begins with the one that is there if the source gives none at the start.
    ///
    /// A restored value is validated and prepared like any other. It is published as the first generation, with the revision
    /// and the time of its loading, and [`Status::data`](crate::Status) is [`Restored`](crate::DataState::Restored) until a
    /// load finds what is visible or something that takes its place. The source is asked all the same, as often as if there
    /// were no value.
    ///
    /// Content that is empty or blank at the start, while the kept value came from other content, counts as
    /// [emptied](crate::Loaded::Emptied): a second load confirms it, and the kept value is restored. The removal policy and
    /// [`empty_is_content`](Self::empty_is_content) apply.
    ///
    /// A value is saved after it has become visible, by a thread of its own. A save that fails is logged, and costs nothing
    /// else; the next value is tried again. [`stop`](crate::Control::stop) waits for the save that is under way and for that
    /// of the newest value, 10 s at most for each. The default of a [`RemovalPolicy`](crate::RemovalPolicy) is not saved;
    /// and where the source can be read and holds nothing, it is the default that a start begins with. Called again, it takes
    /// the place of what was said before.
    ///
    /// ```
    /// # #[cfg(all(feature = "file", feature = "toml", feature = "json"))] mod example {
    /// use hot_reload::source::{File, Source, Toml};
    /// use hot_reload::{LastGood, ReloaderService};
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
