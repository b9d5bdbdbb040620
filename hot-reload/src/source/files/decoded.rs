//! [`DecodedFiles`]: several files and a decoder, as one source of values.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::DecodeFiles;
use crate::error::{Error, ReloadResult};
use crate::reload::{Loaded, Reload, blank};
use crate::revision::Revision;
use crate::source::channel::channel;
use crate::source::file::read::readiness::Unready;
use crate::source::unit::{Emptied, Found, Unit};
use crate::source::{HintSender, Subscription};
use crate::status::SourceStatus;
use crate::watch::{RealtimeWatch, RealtimeWatchHandle, WatchProfile};

/// Several files that are decoded as one: made by [`Dir`](crate::source::Dir) and
/// [`Group`](crate::source::Group).
///
/// Decoding runs inside the service's task. Cloning shares the source.
pub struct DecodedFiles<D>(Arc<Parts<D>>);

struct Parts<D> {
    unit: Unit,
    decoder: D,
}

impl<D: DecodeFiles> DecodedFiles<D> {
    pub(in crate::source) fn new(unit: Unit, decoder: D) -> Self {
        Self(Arc::new(Parts { unit, decoder }))
    }

    async fn load(&self, seen: Option<&Revision>) -> Result<Loaded<D::Value>, Error> {
        let Parts { unit, decoder } = &*self.0;
        match unit.fetch(seen).await? {
            Found::Unchanged => Ok(Loaded::Unchanged),
            Found::Absent => Ok(Loaded::Missing),
            Found::Held(Unready { hold, again }) => Ok(Loaded::Held { hold, again }),
            Found::Files {
                files,
                revision,
                emptied,
            } => match (decoder.decode_files(&files, unit.name()), emptied) {
                (decoded, Emptied::One(file)) => blank(decoded, revision, Some(file), true),
                (decoded, Emptied::All { had_content }) => {
                    blank(decoded, revision, None, had_content)
                }
                (Ok(value), Emptied::None) => Ok(Loaded::Value {
                    value,
                    revision: Some(revision),
                }),
                (Err(error), Emptied::None) => Err(error.with_revision(revision)),
            },
        }
    }
}

#[async_trait]
impl<D: DecodeFiles> Reload<D::Value, String> for DecodedFiles<D> {
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, D::Value, String> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<D::Value>, D::Value, String> {
        Ok(self.load(None).await?.whole()?)
    }

    fn source_name(&self) -> Option<String> {
        Some(self.0.unit.name().to_owned())
    }

    fn source_status(&self) -> Option<SourceStatus> {
        Some(self.0.unit.status())
    }

    async fn reload_since(
        &self,
        seen: Option<&Revision>,
    ) -> ReloadResult<Loaded<D::Value>, D::Value, String> {
        Ok(self.load(seen).await?)
    }
}

#[async_trait]
impl<D: DecodeFiles> RealtimeWatch<D::Value, String> for DecodedFiles<D> {
    /// Opens a watch that only sends [`WatchEvent::Hint`](crate::WatchEvent::Hint)s: the service loads.
    async fn watch_realtime(
        &self,
    ) -> ReloadResult<RealtimeWatchHandle<D::Value>, D::Value, String> {
        let (hints, rx) = channel();
        let guard = self.0.unit.open(hints).await?;
        Ok(RealtimeWatchHandle::with_cleanup(rx, Box::new(guard)))
    }

    async fn watch_hints(
        &self,
        hints: HintSender,
    ) -> ReloadResult<Option<Subscription>, D::Value, String> {
        Ok(Some(Subscription::new(self.0.unit.open(hints).await?)))
    }

    fn profile(&self) -> WatchProfile {
        self.0.unit.profile()
    }
}

impl<D> Clone for DecodedFiles<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<D> fmt::Debug for DecodedFiles<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DecodedFiles")
            .field(&self.0.unit.name())
            .finish()
    }
}
