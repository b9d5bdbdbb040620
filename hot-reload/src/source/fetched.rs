//! [`Fetched`]: the result of a fetch.

use std::fmt;
use std::time::Duration;

use super::files::Files;
use crate::revision::Revision;
use crate::status::Hold;

/// The result of a fetch.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fetched {
    /// The source is still in the state that was seen last.
    Unchanged,
    /// The content and its revision.
    Content {
        /// The bytes.
        bytes: Vec<u8>,
        /// The revision of this content.
        revision: Revision,
    },
    /// Several parts with keys, such as all keys of a store under one prefix, all as they were at one moment. Decode them with
    /// [`decode_files`](crate::source::Source::decode_files), [`each`](crate::source::Source::each) or
    /// [`merge`](crate::source::Source::merge).
    Files {
        /// The parts.
        files: Files,
        /// The revision of all of them, such as a [join](Revision::join) of keys and revisions.
        revision: Revision,
    },
    /// The source has no content, such as a file that does not exist.
    Absent,
    /// The content is not ready, such as a file that somebody is writing: see
    /// [`Loaded::Held`](crate::Loaded::Held).
    Held {
        /// The reason, since when, and what ends it.
        hold: Hold,
        /// The longest time until the next load; a hint shortens it.
        again: Duration,
    },
}

/// Shows the size of the content instead of the content, which may be secret.
impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged => f.write_str("Unchanged"),
            Self::Absent => f.write_str("Absent"),
            Self::Held { hold, again } => f
                .debug_struct("Held")
                .field("hold", hold)
                .field("again", again)
                .finish(),
            Self::Content { bytes, revision } => f
                .debug_struct("Content")
                .field("len", &bytes.len())
                .field("revision", revision)
                .finish(),
            Self::Files { files, revision } => f
                .debug_struct("Files")
                .field("files", files)
                .field("revision", revision)
                .finish(),
        }
    }
}
