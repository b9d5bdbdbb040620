//! [`Feed`]: what the engine sees of a source, whether or not it can be watched.

use std::borrow::Cow;
use std::fmt::Display;
use std::future;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use crate::error::Error;
use crate::event::{Outcome, Trigger};
use crate::hints::{HintSender, Subscription};
use crate::reload::{Loaded, Reload};
use crate::revision::Revision;
use crate::status::{Hold, SourceStatus};
use crate::watch::{RealtimeWatch, RealtimeWatchHandle};

/// A source behind one of the two traits, with errors that no longer know the value's type; or one that is made of other
/// services.
pub(crate) trait Feed<V> {
    /// What the source holds.
    fn load<'a>(
        &'a self,
        seen: Option<&'a Revision>,
        asked: Asked,
    ) -> BoxFuture<'a, Result<Loaded<V>, Fault>>
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

    /// What is held back inside of the source. Provided: nothing.
    fn hold(&self) -> Option<Hold> {
        None
    }

    /// The run ends, and nothing will be asked of it any more. Provided: nothing is left to be ended.
    fn finish(&self) -> BoxFuture<'_, ()> {
        Box::pin(future::ready(()))
    }
}

/// Why a source is asked. One that is made of others goes by it as to how far it asks them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) trigger: Trigger,
    /// Whether nothing is to be held back any more, inside the source either.
    pub(crate) resume: bool,
}

/// Why there is nothing to be had of a feed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// What the source says.
    Source(Error),
    /// What a look inside of the source has led to. Nothing is concluded from it about what the source holds.
    Inside(Outcome),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Source(error)
    }
}

/// A source that is only polled.
pub(crate) struct Polled<'t, T, S>(pub(crate) &'t T, pub(crate) PhantomData<fn() -> S>);

/// A source that is watched too.
pub(crate) struct Watched<'t, T, S>(pub(crate) &'t T, pub(crate) PhantomData<fn() -> S>);

impl<T, V, S> Feed<V> for Polled<'_, T, S>
where
    T: Reload<V, S>,
    S: Into<Cow<'static, str>> + Display,
{
    fn load<'a>(
        &'a self,
        seen: Option<&'a Revision>,
        _: Asked,
    ) -> BoxFuture<'a, Result<Loaded<V>, Fault>>
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
    fn load<'a>(
        &'a self,
        seen: Option<&'a Revision>,
        _: Asked,
    ) -> BoxFuture<'a, Result<Loaded<V>, Fault>>
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
) -> BoxFuture<'a, Result<Loaded<V>, Fault>>
where
    T: Reload<V, S>,
    V: 'a,
    S: Into<Cow<'static, str>> + Display + 'a,
{
    let load = source.reload_since(seen);
    Box::pin(async move { Ok(load.await.map_err(Error::from)?) })
}
