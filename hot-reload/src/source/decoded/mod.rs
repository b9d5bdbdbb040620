//! [`Decoded`]: combines a source of bytes and a decoder into a source of values.

mod load;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::include::Companion;

/// A [`Source`](crate::source::Source) with a decoder. [`Source::decode`](crate::source::Source::decode) returns it.
///
/// Decoding runs inside the service's task. Cloning shares the source.
pub struct Decoded<S, D>(Arc<Inner<S, D>>);

struct Inner<S, D> {
    parts: Parts<S, D>,
    companion: Companion,
}

struct Parts<S, D> {
    source: S,
    decoder: D,
    /// Whether the source has contained more than blank content.
    had_content: AtomicBool,
}

impl<S, D> Decoded<S, D> {
    pub(in crate::source) fn new(source: S, decoder: D) -> Self {
        let parts = Parts {
            source,
            decoder,
            had_content: AtomicBool::new(false),
        };
        Self(Arc::new(Inner {
            parts,
            companion: Companion::default(),
        }))
    }

    /// The source of bytes.
    pub fn source(&self) -> &S {
        &self.0.parts.source
    }
}

impl<S, D> Clone for Decoded<S, D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
