//! [`Decoded`]: a source of bytes and a decoder, as one source of values.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::blank::is_blank;
use super::channel::channel;
use super::{Decode, Fetched, HintSender, Source, Subscription};
use crate::error::{Error, ReloadResult};
use crate::reload::{Loaded, Reload, blank};
use crate::revision::Revision;
use crate::status::SourceStatus;
use crate::watch::{RealtimeWatch, RealtimeWatchHandle, WatchProfile};

/// A [`Source`] whose bytes are decoded: made by [`Source::decode`].
///
/// Decoding runs inside the service's task. Cloning shares the source.
pub struct Decoded<S, D>(Arc<Parts<S, D>>);

struct Parts<S, D> {
    source: S,
    decoder: D,
    /// Whether the source has held more than blank content.
    had_content: AtomicBool,
}

impl<S: Source, D: Decode> Decoded<S, D> {
    pub(super) fn new(source: S, decoder: D) -> Self {
        Self(Arc::new(Parts {
            source,
            decoder,
            had_content: AtomicBool::new(false),
        }))
    }

    /// The source of bytes.
    pub fn source(&self) -> &S {
        &self.0.source
    }

    async fn load(&self, seen: Option<&Revision>) -> Result<Loaded<D::Value>, Error> {
        match self.0.source.fetch(seen).await? {
            Fetched::Unchanged => Ok(Loaded::Unchanged),
            Fetched::Absent => Ok(Loaded::Missing),
            Fetched::Held { hold, again } => Ok(Loaded::Held { hold, again }),
            Fetched::Content { bytes, revision } => {
                let Parts {
                    source,
                    decoder,
                    had_content,
                } = &*self.0;
                let is_blank = is_blank(&bytes);
                if !is_blank {
                    had_content.store(true, Ordering::Relaxed);
                }
                match decoder.decode(&bytes, &source.name()) {
                    decoded if is_blank && !source.accepts_empty() => {
                        blank(decoded, revision, None, had_content.load(Ordering::Relaxed))
                    }
                    Ok(value) => Ok(Loaded::Value {
                        value,
                        revision: Some(revision),
                    }),
                    Err(error) => Err(error.with_revision(revision)),
                }
            }
        }
    }
}

#[async_trait]
impl<S: Source, D: Decode> Reload<D::Value, String> for Decoded<S, D> {
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, D::Value, String> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<D::Value>, D::Value, String> {
        Ok(self.load(None).await?.whole()?)
    }

    fn source_name(&self) -> Option<String> {
        Some(self.0.source.name())
    }

    fn source_status(&self) -> Option<SourceStatus> {
        self.0.source.status()
    }

    async fn reload_since(
        &self,
        seen: Option<&Revision>,
    ) -> ReloadResult<Loaded<D::Value>, D::Value, String> {
        Ok(self.load(seen).await?)
    }
}

#[async_trait]
impl<S: Source, D: Decode> RealtimeWatch<D::Value, String> for Decoded<S, D> {
    async fn watch_realtime(
        &self,
    ) -> ReloadResult<RealtimeWatchHandle<D::Value>, D::Value, String> {
        let (hints, rx) = channel();
        let subscription = self.0.source.subscribe(hints).await?;
        Ok(RealtimeWatchHandle::with_cleanup(
            rx,
            subscription.into_guard(),
        ))
    }

    async fn watch_hints(
        &self,
        hints: HintSender,
    ) -> ReloadResult<Option<Subscription>, D::Value, String> {
        Ok(Some(self.0.source.subscribe(hints).await?))
    }

    fn profile(&self) -> WatchProfile {
        self.0.source.profile()
    }
}

impl<S, D> Clone for Decoded<S, D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Source, D> fmt::Debug for Decoded<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Decoded")
            .field(&self.0.source.name())
            .finish()
    }
}
