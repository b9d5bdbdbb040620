//! The entry points of the full surface, and the strategy of a [`Builder`].

use std::borrow::Cow;
use std::fmt::Display;

use super::{Builder, Mode};
use crate::compat::WatchStrategy;
use crate::reload::Reload;
use crate::service::feed::SourceFeed;
use crate::service::pipeline::candidate::Sameness;
use crate::service::reloader_service::ReloaderService;
use crate::watch::RealtimeWatch;

impl<T, V, S> ReloaderService<T, V, S>
where
    T: Reload<V, S> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: Into<Cow<'static, str>> + Display + 'static,
{
    /// Configures a service of the full surface. A loaded value that equals the visible one is no change.
    ///
    /// A source of bytes needs a decoder first:
    ///
    /// ```compile_fail,E0277
    /// # use hot_reload::ReloaderService;
    /// # use hot_reload::source::File;
    /// let builder = ReloaderService::<_, String, String>::builder(File::new("words.txt"));
    /// ```
    pub fn builder(reload: T) -> Builder<T, V, S>
    where
        V: PartialEq,
    {
        Builder::new(reload, Sameness::Equal(V::eq))
    }

    /// Configures a service that watches its source and polls with a heartbeat: [`builder`](Self::builder) with
    /// [`hybrid`](Builder::hybrid).
    ///
    /// ```
    /// # #[cfg(feature = "file")]
    /// # async fn run() -> Result<(), hot_reload::Error> {
    /// use hot_reload::ReloaderService;
    /// use hot_reload::source::{DecodeWith, File, Source};
    ///
    /// let words = File::new("words.txt").decode(DecodeWith::new(|bytes| String::from_utf8(bytes.to_vec())));
    /// let (words, control) = ReloaderService::watch(words).start().await?;
    /// # drop((words, control));
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(reload: T) -> Builder<T, V, S>
    where
        T: RealtimeWatch<V, S>,
        V: PartialEq,
    {
        Self::builder(reload).hybrid()
    }

    /// As [`watch`](Self::watch), for values that cannot be compared: [`builder_by_revision`](Self::builder_by_revision) with
    /// [`hybrid`](Builder::hybrid).
    ///
    /// A database file, with a callback for every outcome:
    ///
    /// ```
    /// # #[cfg(feature = "file")]
    /// # async fn run() -> Result<(), hot_reload::Error> {
    /// use hot_reload::ReloaderService;
    /// use hot_reload::source::{DecodeWith, File, Source};
    /// # struct Threats(Vec<u8>);
    /// # impl Threats {
    /// #     fn parse(bytes: &[u8]) -> Result<Self, std::fmt::Error> { Ok(Self(bytes.to_vec())) }
    /// #     fn contains(&self, address: &str) -> bool { self.0.starts_with(address.as_bytes()) }
    /// # }
    ///
    /// let threats = File::new("threats.db").decode(DecodeWith::new(Threats::parse));
    /// let service = ReloaderService::watch_by_revision(threats).on_event(|event| println!("{event}"));
    /// let (threats, control) = service.start().await?;
    /// assert!(!threats.load().contains("192.0.2.1"));
    /// # drop(control);
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch_by_revision(reload: T) -> Builder<T, V, S>
    where
        T: RealtimeWatch<V, S>,
    {
        Self::builder_by_revision(reload).hybrid()
    }

    /// As [`builder`](Self::builder), for values that cannot be compared: a value has changed if its revision differs. Every
    /// load of a source without revisions publishes its value.
    pub fn builder_by_revision(reload: T) -> Builder<T, V, S> {
        Builder::new(reload, Sameness::Revision)
    }
}

impl<T, V, S> Builder<T, V, S>
where
    T: Reload<V, S> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: Into<Cow<'static, str>> + Display + 'static,
{
    /// Uses a watch, and polls only while the watch is not trusted.
    ///
    /// A change that a trusted watch misses stays invisible until the next one. [`hybrid`](Self::hybrid) prevents this by a
    /// heartbeat. A source of which a part has no watch is polled at the interval, too, such as `Layers` with environment variables.
    ///
    /// It exists only for sources that can be watched. A [`Source`](crate::source::Source) of bytes without a watch is polled at
    /// the interval, and [`Status::watch_error`](crate::Status::watch_error) says so.
    ///
    /// ```compile_fail,E0599
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct OnlyPolled;
    /// # #[async_trait] impl Reload<u8> for OnlyPolled {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, u8> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<u8>, u8> { Ok(Some(1)) }
    /// # }
    /// let builder = ReloaderService::builder(OnlyPolled);
    /// builder.realtime();
    /// ```
    pub fn realtime(self) -> Self
    where
        T: RealtimeWatch<V, S>,
    {
        self.watched(WatchStrategy::Realtime)
    }

    /// Uses a watch with a heartbeat, and polls while there is no watch or it is not trusted.
    ///
    /// While the watch is trusted, no pause between two loads is longer than the [`heartbeat`](Self::heartbeat). Otherwise
    /// none is longer than the [`interval`](Self::interval) or the heartbeat, whichever is shorter. Both bounds hold after
    /// every outcome of a load.
    ///
    /// It exists only for sources that can be watched. A [`Source`](crate::source::Source) of bytes without a watch is polled at
    /// the interval, and [`Status::watch_error`](crate::Status::watch_error) says so.
    ///
    /// ```compile_fail,E0599
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct OnlyPolled;
    /// # #[async_trait] impl Reload<u8> for OnlyPolled {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, u8> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<u8>, u8> { Ok(Some(1)) }
    /// # }
    /// let builder = ReloaderService::builder(OnlyPolled);
    /// builder.hybrid();
    /// ```
    pub fn hybrid(self) -> Self
    where
        T: RealtimeWatch<V, S>,
    {
        self.watched(WatchStrategy::Hybrid)
    }

    fn watched(self, strategy: WatchStrategy) -> Self
    where
        T: RealtimeWatch<V, S>,
    {
        Self {
            mode: Mode {
                strategy,
                profile: T::profile,
                run: |reload, engine, settings| {
                    Box::pin(async move {
                        let feed = SourceFeed::<T, V, S>::watched(&reload);
                        engine.run(settings, &feed).await;
                    })
                },
                ..self.mode
            },
            ..self
        }
    }
}
