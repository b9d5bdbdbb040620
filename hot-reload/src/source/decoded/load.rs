//! Loads and watches a [`Decoded`] source.

use std::fmt;
use std::sync::atomic::Ordering;

use super::{Decoded, Parts};
use crate::error::Error;
use crate::reload::{Loaded, blank};
use crate::revision::Revision;
use crate::source::blank::is_blank;
use crate::source::values::source_of_values;
use crate::source::{Decode, Fetched, HintSender, Source, Subscription};
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

impl<S: Source, D> fmt::Debug for Decoded<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Decoded")
            .field(&self.0.source.name())
            .finish()
    }
}
