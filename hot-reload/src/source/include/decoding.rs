//! [`Decoding`]: a source with a decoder, as a load sees it.

use crate::error::Error;
use crate::reload::Loaded;
use crate::revision::Revision;
use crate::source::contract::Source;
use crate::source::fetched::Fetched;
use crate::source::files::Files;

/// What a source has returned.
pub(in crate::source) enum Input<V> {
    Parts(Files, Revision),
    /// Nothing to decode.
    Answer(Loaded<V>),
}

/// A source with a decoder.
pub(in crate::source) trait Decoding: Send + Sync {
    type Source: Source;
    type Value: Send;

    fn source(&self) -> &Self::Source;

    /// The parts of what was fetched, with their revision, or the answer if there are none.
    fn parts(&self, fetched: Fetched) -> Result<Input<Self::Value>, Error>;

    fn decode(&self, files: &Files) -> Result<Self::Value, Error>;

    /// The result of a load. `emptied`: an included file that has become empty.
    fn finish(
        &self,
        decoded: Result<Self::Value, Error>,
        files: &Files,
        revision: Revision,
        emptied: Option<String>,
    ) -> Result<Loaded<Self::Value>, Error>;
}
