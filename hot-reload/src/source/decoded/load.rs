//! Loads and watches a [`Decoded`] source.

use std::fmt;
use std::sync::atomic::Ordering;

use super::{Decoded, Parts};
use crate::error::{Error, ErrorKind, Location};
use crate::reload::{Loaded, blank};
use crate::revision::Revision;
use crate::source::blank::is_blank;
use crate::source::files::Files;
use crate::source::include;
use crate::source::include::decoding::{Decoding, Input};
use crate::source::on_drop::OnDrop;
use crate::source::values::source_of_values;
use crate::source::{Content, Decode, Fetched, HintSender, Source, Subscription};
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

source_of_values!(impl<S: Source, D: Decode> for Decoded<S, D>, of D::Value);

impl<S: Source, D: Decode> Decoded<S, D> {
    fn name(&self) -> String {
        self.source().name()
    }

    fn status(&self) -> Option<SourceStatus> {
        include::status(&self.0.companion, self.source())
    }

    fn profile(&self) -> WatchProfile {
        self.source().profile()
    }

    async fn open(&self, hints: HintSender) -> Result<Subscription, Error> {
        include::open(&self.0.companion, self.source(), hints).await
    }

    async fn load(&self, seen: Option<&Revision>) -> Result<Loaded<D::Value>, Error> {
        include::load(&self.0.parts, &self.0.companion, seen).await
    }

    async fn plan(&self, seen: Option<&Revision>) -> Result<Loaded<D::Value>, Error> {
        let had_content = &self.0.parts.had_content;
        let before = had_content.load(Ordering::Relaxed);
        let _restored = OnDrop(|| had_content.store(before, Ordering::Relaxed));
        include::plan(&self.0.parts, &self.0.companion, seen).await
    }

    fn decode_content(&self, content: Content) -> Result<Option<Loaded<D::Value>>, Error> {
        include::content(&self.0.parts, &self.0.companion, content)
    }
}

impl<S: Source, D: Decode> Decoding for Parts<S, D> {
    type Source = S;
    type Value = D::Value;

    fn source(&self) -> &S {
        &self.source
    }

    fn parts(&self, fetched: Fetched) -> Result<Input<D::Value>, Error> {
        match fetched {
            Fetched::Files { .. } => Err(several_parts(&self.source.name())),
            fetched => Ok(Input::of(fetched, || self.source.name())),
        }
    }

    fn decode(&self, files: &Files) -> Result<D::Value, Error> {
        match files.iter().next() {
            Some(part) => part.decode(&self.decoder),
            None => self.decoder.decode(&[], &self.source.name()),
        }
    }

    fn finish(
        &self,
        decoded: Result<D::Value, Error>,
        files: &Files,
        revision: Revision,
        emptied: Option<String>,
    ) -> Result<Loaded<D::Value>, Error> {
        let is_blank = files.iter().all(|part| is_blank(part.bytes()));
        let had_content = match is_blank {
            true => self.had_content.load(Ordering::Relaxed),
            false => self.had_content.swap(true, Ordering::Relaxed),
        };
        let checks = !self.source.accepts_empty();
        match decoded {
            decoded if is_blank && checks => blank(decoded, revision, None, had_content),
            decoded if emptied.is_some() && checks => blank(decoded, revision, emptied, true),
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
            .field(&self.0.parts.source.name())
            .finish()
    }
}
