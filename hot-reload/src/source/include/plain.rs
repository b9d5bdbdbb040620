//! Loads without included files, for builds without the feature `dir`.

use super::decoding::{Decoding, Input};
use crate::error::Error;
use crate::hints::{Content, HintSender, Subscription};
use crate::reload::Loaded;
use crate::revision::Revision;
use crate::source::contract::Source;
use crate::source::fetched::Fetched;
use crate::status::SourceStatus;

/// The included files of one source: none.
#[derive(Default)]
pub(in crate::source) struct Companion(());

pub(in crate::source) async fn load<D: Decoding>(
    this: &D,
    _: &Companion,
    seen: Option<&Revision>,
) -> Result<Loaded<D::Value>, Error> {
    match this.parts(this.source().fetch(seen).await?)? {
        Input::Parts(files, revision) => this.finish(this.decode(&files), &files, revision, None),
        Input::Answer(answer) => Ok(answer),
    }
}

pub(in crate::source) async fn plan<D: Decoding>(
    this: &D,
    companion: &Companion,
    seen: Option<&Revision>,
) -> Result<Loaded<D::Value>, Error> {
    load(this, companion, seen).await
}

pub(in crate::source) fn content<D: Decoding>(
    this: &D,
    _: &Companion,
    content: Content,
) -> Result<Option<Loaded<D::Value>>, Error> {
    let Content { bytes, revision } = content;
    match this.parts(Fetched::Content { bytes, revision })? {
        Input::Parts(files, revision) => {
            let decoded = this.decode(&files);
            this.finish(decoded, &files, revision, None).map(Some)
        }
        Input::Answer(_) => Ok(None),
    }
}

pub(in crate::source) async fn open<S: Source>(
    _: &Companion,
    source: &S,
    hints: HintSender,
) -> Result<Subscription, Error> {
    source.subscribe(hints).await
}

pub(in crate::source) fn status<S: Source>(_: &Companion, source: &S) -> Option<SourceStatus> {
    source.status()
}
