//! [`Feed`]: a source as the engine sees it, with or without a watch.

use std::borrow::Cow;
use std::fmt::Display;
use std::future;

use futures_util::future::BoxFuture;

use crate::error::{Error, ReloadResult};
use crate::event::{Outcome, Trigger};
use crate::hints::{Content, HintSender, Subscription};
use crate::reload::{Loaded, Reload};
use crate::revision::Revision;
use crate::service::token::PlanToken;
use crate::snapshot::Snapshot;
use crate::status::{Hold, SourceStatus};
use crate::watch::{RealtimeWatch, RealtimeWatchHandle};

/// A source as the engine sees it: one of the two traits with errors of one type, or a group of services.
pub(crate) trait Feed<V> {
    /// Loads the content of the source.
    fn load<'a>(
        &'a self,
        seen: Option<&'a Revision>,
        asked: LoadRequest,
    ) -> BoxFuture<'a, Result<Loaded<V>, Fault>>
    where
        V: 'a;

    /// Loads the content of the source for a plan, without an effect on later loads.
    fn plan<'a>(&'a self, seen: Option<&'a Revision>) -> BoxFuture<'a, Result<Loaded<V>, Fault>>
    where
        V: 'a;

    /// Decodes content that the watch delivered. `None` if the source cannot, so that it has to be loaded. Provided: `None`.
    fn decode(&self, content: Content) -> Result<Option<Loaded<V>>, Error> {
        drop(content);
        Ok(None)
    }

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

    /// Notifies the source that this snapshot is visible. Provided: does nothing.
    fn published(&self, _: &Snapshot<V>) {}

    /// The status of the source, if it has one.
    fn status(&self) -> Option<SourceStatus>;

    /// The hold inside of the source. Provided: none.
    fn hold(&self) -> Option<Hold> {
        None
    }

    /// Ends the feed, because the run ends. Provided: does nothing.
    fn finish(&self) -> BoxFuture<'_, ()> {
        Box::pin(future::ready(()))
    }
}

/// The cause of a load. A group decides by it which of its members it loads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LoadRequest {
    pub(crate) trigger: Trigger,
    /// Whether all holds end, those inside of the source included.
    pub(crate) resume: bool,
    /// Whether the value is published even if it is the visible one.
    pub(crate) republish: bool,
    /// The content that the load may publish, if it applies a plan.
    pub(crate) planned: Option<PlanToken>,
}

/// Why a load of a feed returns no content.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The error of the source.
    Source(Error),
    /// The outcome of a load inside the source, of a member of a group.
    Inside(Outcome),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Source(error)
    }
}

/// A source behind one of the two traits, with its watch if the service uses one.
pub(crate) struct SourceFeed<'t, T, V, S> {
    source: &'t T,
    watch: Option<WatchCalls<'t, T, V, S>>,
}

/// The calls of [`RealtimeWatch`], for a feed that knows only [`Reload`].
struct WatchCalls<'t, T, V, S> {
    hints: HintsCall<'t, T, V, S>,
    realtime: RealtimeCall<'t, T, V, S>,
    content: ContentCall<T, V, S>,
}

type HintsCall<'t, T, V, S> =
    fn(&'t T, HintSender) -> BoxFuture<'t, ReloadResult<Option<Subscription>, V, S>>;
type ContentCall<T, V, S> = fn(&T, Content) -> ReloadResult<Option<Loaded<V>>, V, S>;
type RealtimeCall<'t, T, V, S> =
    fn(&'t T) -> BoxFuture<'t, ReloadResult<RealtimeWatchHandle<V>, V, S>>;

impl<'t, T, V, S> SourceFeed<'t, T, V, S>
where
    T: Reload<V, S>,
    S: Into<Cow<'static, str>> + Display,
{
    /// A source that is only polled.
    pub(crate) fn polled(source: &'t T) -> Self {
        Self {
            source,
            watch: None,
        }
    }

    /// A source that is watched, too.
    pub(crate) fn watched(source: &'t T) -> Self
    where
        T: RealtimeWatch<V, S>,
        V: 't,
        S: 't,
    {
        Self {
            source,
            watch: Some(WatchCalls {
                hints: |source, hints| source.watch_hints(hints),
                realtime: |source| source.watch_realtime(),
                content: |source, content| source.decode_content(content),
            }),
        }
    }
}

impl<T, V, S> Feed<V> for SourceFeed<'_, T, V, S>
where
    T: Reload<V, S>,
    S: Into<Cow<'static, str>> + Display,
{
    fn load<'a>(
        &'a self,
        seen: Option<&'a Revision>,
        _: LoadRequest,
    ) -> BoxFuture<'a, Result<Loaded<V>, Fault>>
    where
        V: 'a,
    {
        let load = self.source.reload_since(seen);
        Box::pin(async move { Ok(load.await.map_err(Error::from)?) })
    }

    fn plan<'a>(&'a self, seen: Option<&'a Revision>) -> BoxFuture<'a, Result<Loaded<V>, Fault>>
    where
        V: 'a,
    {
        let load = self.source.plan_since(seen);
        Box::pin(async move { Ok(load.await.map_err(Error::from)?) })
    }

    fn decode(&self, content: Content) -> Result<Option<Loaded<V>>, Error> {
        match &self.watch {
            Some(calls) => Ok((calls.content)(self.source, content)?),
            None => Ok(None),
        }
    }

    fn watch_hints<'a>(
        &'a self,
        hints: HintSender,
    ) -> BoxFuture<'a, Result<Option<Subscription>, Error>>
    where
        V: 'a,
    {
        let Some(calls) = &self.watch else {
            return Box::pin(future::ready(Ok(None)));
        };
        let watch = (calls.hints)(self.source, hints);
        Box::pin(async move { watch.await.map_err(Error::from) })
    }

    fn watch<'a>(&'a self) -> BoxFuture<'a, Result<RealtimeWatchHandle<V>, Error>>
    where
        V: 'a,
    {
        let Some(calls) = &self.watch else {
            // Never called: the machine of a polled service has its watch off.
            return Box::pin(future::pending());
        };
        let watch = (calls.realtime)(self.source);
        Box::pin(async move { watch.await.map_err(Error::from) })
    }

    fn published(&self, visible: &Snapshot<V>) {
        self.source.published(visible);
    }

    fn status(&self) -> Option<SourceStatus> {
        self.source.source_status()
    }
}
