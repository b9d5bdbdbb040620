//! [`Content`] and [`Signal`]: what a watch sends.

use std::fmt;

use crate::revision::Revision;

/// Content that a watch has delivered, with its revision: from [`HintSender::content`](super::HintSender::content).
///
/// `Debug` shows the size instead of the bytes, which may be secret.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The revision of these bytes, equal to the one that a load of the same content returns.
    pub revision: Revision,
}

impl Content {
    /// Makes content from bytes and their revision.
    pub fn new(bytes: impl Into<Vec<u8>>, revision: Revision) -> Self {
        Self {
            bytes: bytes.into(),
            revision,
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("len", &self.bytes.len())
            .field("revision", &self.revision)
            .finish()
    }
}

/// A message of an open watch: from [`Hints::next`](super::Hints::next).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// Something may have changed.
    Hint,
    /// The source now has this content.
    Content(Content),
    /// The watch works, and nothing has changed.
    Alive,
}
