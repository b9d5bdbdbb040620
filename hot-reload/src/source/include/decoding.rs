//! [`Decoding`]: a source with a decoder, as a load sees it.

use crate::error::Error;
use crate::reload::Loaded;
use crate::revision::Revision;
use crate::source::contract::Source;
use crate::source::fetched::Fetched;
use crate::source::files::{Files, Part};

/// What a source has returned.
pub(in crate::source) enum Input<V> {
    Parts(Files, Revision),
    /// Nothing to decode.
    Answer(Loaded<V>),
}

impl<V> Input<V> {
    /// What the source with this name has returned. Content is the only part.
    pub(in crate::source) fn of(fetched: Fetched, name: impl FnOnce() -> String) -> Self {
        Self::Answer(match fetched {
            Fetched::Unchanged => Loaded::Unchanged,
            Fetched::Absent => Loaded::Missing,
            Fetched::Held { hold, again } => Loaded::Held { hold, again },
            Fetched::Files { files, revision } => return Self::Parts(files, revision),
            Fetched::Content { bytes, revision } => {
                let part = Part::new(name(), bytes);
                return Self::Parts(Files::ordered(vec![part]), revision);
            }
        })
    }
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
