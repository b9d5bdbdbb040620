//! Loads and watches [`DecodedFiles`].

use std::fmt;

use super::decoded::Parts;
use super::emptied::Emptied;
use super::{DecodeFiles, DecodedFiles, Files, FilesLimits, Part};
use crate::error::Error;
use crate::hints::{Content, HintSender, Subscription};
use crate::locks::lock;
use crate::reload::{Loaded, blank};
use crate::revision::Revision;
use crate::source::values::source_of_values;
use crate::source::{Fetched, Source};
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

source_of_values!(impl<D: DecodeFiles> for DecodedFiles<D>, of D::Value);

impl<D: DecodeFiles> DecodedFiles<D> {
    async fn load(&self, seen: Option<&Revision>) -> Result<Loaded<D::Value>, Error> {
        match self.0.source.fetch(seen).await? {
            Fetched::Unchanged => Ok(Loaded::Unchanged),
            Fetched::Absent => Ok(Loaded::Missing),
            Fetched::Held { hold, again } => Ok(Loaded::Held { hold, again }),
            Fetched::Files { files, revision } => self.decode(&files, revision),
            Fetched::Content { bytes, revision } => {
                let unlimited = FilesLimits::default()
                    .part_bytes(u64::MAX)
                    .total_bytes(u64::MAX);
                let files = unlimited.collect([Part::new(self.name(), bytes)]);
                self.decode(&files?, revision)
            }
        }
    }

    fn decode(&self, files: &Files, revision: Revision) -> Result<Loaded<D::Value>, Error> {
        let Parts {
            source,
            decoder,
            filled,
        } = &*self.0;
        let decoded = decoder.decode_files(files, &source.name());
        let emptied = lock(filled).fill(files);
        match (decoded, emptied) {
            (decoded, Emptied::One(file)) if !source.accepts_empty() => {
                blank(decoded, revision, Some(file), true)
            }
            (decoded, Emptied::All { had_content }) if !source.accepts_empty() => {
                blank(decoded, revision, None, had_content)
            }
            (Ok(value), _) => Ok(Loaded::Value {
                value,
                revision: Some(revision),
            }),
            (Err(error), _) => Err(error.with_revision(revision)),
        }
    }

    /// Content has the bytes of one part only, so it is a hint.
    fn decode_content(&self, _: Content) -> Result<Option<Loaded<D::Value>>, Error> {
        Ok(None)
    }

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
}

impl<D> fmt::Debug for DecodedFiles<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DecodedFiles")
            .field(&self.0.source.name())
            .finish()
    }
}
