//! Loads and watches [`DecodedFiles`].

use std::fmt;

use super::decoded::Parts;
use super::emptied::Emptied;
use super::{DecodeFiles, DecodedFiles, Files};
use crate::error::Error;
use crate::hints::{Content, HintSender, Subscription};
use crate::locks::lock;
use crate::reload::{Loaded, blank};
use crate::revision::Revision;
use crate::source::boxed::BoxSource;
use crate::source::include;
use crate::source::include::decoding::{Decoding, Input};
use crate::source::on_drop::OnDrop;
use crate::source::values::source_of_values;
use crate::source::{Fetched, Source};
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

source_of_values!(impl<D: DecodeFiles> for DecodedFiles<D>, of D::Value);

impl<D: DecodeFiles> DecodedFiles<D> {
    async fn load(&self, seen: Option<&Revision>) -> Result<Loaded<D::Value>, Error> {
        include::load(&self.0.parts, &self.0.companion, seen).await
    }

    async fn plan(&self, seen: Option<&Revision>) -> Result<Loaded<D::Value>, Error> {
        let filled = &self.0.parts.filled;
        let before = lock(filled).clone();
        let _restored = OnDrop(|| lock(filled).clone_from(&before));
        include::plan(&self.0.parts, &self.0.companion, seen).await
    }

    /// Content has the bytes of one part only, so it is a hint.
    fn decode_content(&self, _: Content) -> Result<Option<Loaded<D::Value>>, Error> {
        Ok(None)
    }

    fn name(&self) -> String {
        self.0.parts.source.name()
    }

    fn status(&self) -> Option<SourceStatus> {
        include::status(&self.0.companion, &self.0.parts.source)
    }

    fn profile(&self) -> WatchProfile {
        self.0.parts.source.profile()
    }

    async fn open(&self, hints: HintSender) -> Result<Subscription, Error> {
        include::open(&self.0.companion, &self.0.parts.source, hints).await
    }
}

impl<D: DecodeFiles> Decoding for Parts<D> {
    type Source = BoxSource;
    type Value = D::Value;

    fn source(&self) -> &BoxSource {
        &self.source
    }

    fn parts(&self, fetched: Fetched) -> Result<Input<D::Value>, Error> {
        Ok(Input::of(fetched, || self.source.name()))
    }

    fn decode(&self, files: &Files) -> Result<D::Value, Error> {
        self.decoder.decode_files(files, &self.source.name())
    }

    fn finish(
        &self,
        decoded: Result<D::Value, Error>,
        files: &Files,
        revision: Revision,
        included: Option<String>,
    ) -> Result<Loaded<D::Value>, Error> {
        let checks = !self.source.accepts_empty();
        match (decoded, lock(&self.filled).fill(files)) {
            (decoded, Emptied::One(file)) if checks => blank(decoded, revision, Some(file), true),
            (decoded, Emptied::All { emptied }) if checks => {
                blank(decoded, revision, None, emptied.is_some())
            }
            (decoded, _) if included.is_some() && checks => {
                blank(decoded, revision, included, true)
            }
            (Ok(value), _) => Ok(Loaded::Value {
                value,
                revision: Some(revision),
            }),
            (Err(error), _) => Err(error.with_revision(revision)),
        }
    }
}

impl<D> fmt::Debug for DecodedFiles<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DecodedFiles")
            .field(&self.0.parts.source.name())
            .finish()
    }
}
