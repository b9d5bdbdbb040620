//! [`Feed`]: what the engine sees of a source, whether or not it can be watched.

use std::borrow::Cow;
use std::fmt::Display;
use std::future;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use crate::error::Error;
use crate::hints::{HintSender, Subscription};
use crate::reload::{Loaded, Reload};
use crate::revision::Revision;
use crate::status::SourceStatus;
use crate::watch::{RealtimeWatch, RealtimeWatchHandle};

/// A source behind one of the two traits, with errors that no longer know the value's type.
pub(super) trait Feed<V> {
    fn load<'a>(&'a self, seen: Option<&'a Revision>) -> BoxFuture<'a, Result<Loaded<V>, Error>>
    where
        V: 'a;

    /// `None` if the source has no such watch.
    fn watch_hints<'a>(
        &'a self,
        hints: HintSender,
    ) -> BoxFuture<'a, Result<Option<Subscription>, Error>>
    where
        V: 'a;

    fn watch<'a>(&'a self) -> BoxFuture<'a, Result<RealtimeWatchHandle<V>, Error>>
    where
        V: 'a;

    /// How the source is, if it says so.
    fn status(&self) -> Option<SourceStatus>;
}

/// A source that is only polled.
pub(super) struct Polled<'t, T, S>(pub(super) &'t T, pub(super) PhantomData<fn() -> S>);

/// A source that is watched too.
pub(super) struct Watched<'t, T, S>(pub(super) &'t T, pub(super) PhantomData<fn() -> S>);

impl<T, V, S> Feed<V> for Polled<'_, T, S>
where
    T: Reload<V, S>,
    S: Into<Cow<'static, str>> + Display,
{
    fn load<'a>(&'a self, seen: Option<&'a Revision>) -> BoxFuture<'a, Result<Loaded<V>, Error>>
    where
        V: 'a,
    {
        load(self.0, seen)
    }

    fn watch_hints<'a>(
        &'a self,
        _: HintSender,
    ) -> BoxFuture<'a, Result<Option<Subscription>, Error>>
    where
        V: 'a,
    {
        Box::pin(future::ready(Ok(None)))
    }

    fn watch<'a>(&'a self) -> BoxFuture<'a, Result<RealtimeWatchHandle<V>, Error>>
    where
        V: 'a,
    {
        // Never asked for: the machine of a polled service has its link off.
        Box::pin(future::pending())
    }

    fn status(&self) -> Option<SourceStatus> {
        self.0.source_status()
    }
}

impl<T, V, S> Feed<V> for Watched<'_, T, S>
where
    T: RealtimeWatch<V, S>,
    S: Into<Cow<'static, str>> + Display,
{
    fn load<'a>(&'a self, seen: Option<&'a Revision>) -> BoxFuture<'a, Result<Loaded<V>, Error>>
    where
        V: 'a,
    {
        load(self.0, seen)
    }

    fn watch_hints<'a>(
        &'a self,
        hints: HintSender,
    ) -> BoxFuture<'a, Result<Option<Subscription>, Error>>
    where
        V: 'a,
    {
        let watch = self.0.watch_hints(hints);
        Box::pin(async move { watch.await.map_err(Error::from) })
    }

    fn watch<'a>(&'a self) -> BoxFuture<'a, Result<RealtimeWatchHandle<V>, Error>>
    where
        V: 'a,
    {
        let watch = self.0.watch_realtime();
        Box::pin(async move { watch.await.map_err(Error::from) })
    }

    fn status(&self) -> Option<SourceStatus> {
        self.0.source_status()
    }
}

fn load<'a, T, V, S>(
    source: &'a T,
    seen: Option<&'a Revision>,
) -> BoxFuture<'a, Result<Loaded<V>, Error>>
where
    T: Reload<V, S>,
    V: 'a,
    S: Into<Cow<'static, str>> + Display + 'a,
{
    let load = source.reload_since(seen);
    Box::pin(async move { load.await.map_err(Error::from) })
}
