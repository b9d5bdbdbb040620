//! Loads and watches a [`Decoded`] source.

use std::fmt;
use std::sync::atomic::Ordering;

use super::{Decoded, Parts};
use crate::error::{Error, ErrorKind, Location};
use crate::reload::{Loaded, blank};
use crate::revision::Revision;
use crate::source::blank::is_blank;
use crate::source::values::source_of_values;
use crate::source::{Content, Decode, Fetched, HintSender, Source, Subscription};
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

source_of_values!(impl<S: Source, D: Decode> for Decoded<S, D>, of D::Value);

impl<S: Source, D: Decode> Decoded<S, D> {
    fn name(&self) -> String {
        self.0.source.name()
    }

    fn status(&self) -> Option<SourceStatus> {
        self.0.source.status()
    }

    fn profile(&self) -> WatchProfile {
        self.0.source.profile()
    }

    async fn open(&self, hints: HintSender) -> Result<Subscription, Error> {
        self.0.source.subscribe(hints).await
    }

    async fn load(&self, seen: Option<&Revision>) -> Result<Loaded<D::Value>, Error> {
        match self.0.source.fetch(seen).await? {
            Fetched::Unchanged => Ok(Loaded::Unchanged),
            Fetched::Absent => Ok(Loaded::Missing),
            Fetched::Held { hold, again } => Ok(Loaded::Held { hold, again }),
            Fetched::Content { bytes, revision } => self.decode(&bytes, revision),
            Fetched::Files { .. } => Err(several_parts(&self.name())),
        }
    }

    fn decode_content(&self, content: Content) -> Result<Option<Loaded<D::Value>>, Error> {
        let Content { bytes, revision } = content;
        self.decode(&bytes, revision).map(Some)
    }

    fn decode(&self, bytes: &[u8], revision: Revision) -> Result<Loaded<D::Value>, Error> {
        let Parts {
            source,
            decoder,
            had_content,
        } = &*self.0;
        let is_blank = is_blank(bytes);
        if !is_blank {
            had_content.store(true, Ordering::Relaxed);
        }
        match decoder.decode(bytes, &source.name()) {
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

/// The error of a decoder of one content for a source of several parts.
fn several_parts(name: &str) -> Error {
    let text = "has several parts; decode it with `decode_files`, `each` or `merge`";
    Error::new(ErrorKind::Misconfigured, text).at(Location::new(name))
}

impl<S: Source, D> fmt::Debug for Decoded<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Decoded")
            .field(&self.0.source.name())
            .finish()
    }
}
