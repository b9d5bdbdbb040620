//! [`DecodedFiles`]: combines a source of several parts and a decoder into a source of values.

use std::sync::{Arc, Mutex};

use super::emptied::Filled;
use crate::source::boxed::BoxSource;
use crate::source::include::Companion;

/// Several files with a decoder: from [`Source::decode_files`](crate::source::Source::decode_files), `Dir` and `Group`.
///
/// Decoding runs inside the service's task. Cloning shares the source.
pub struct DecodedFiles<D>(pub(super) Arc<Inner<D>>);

pub(super) struct Inner<D> {
    pub(super) parts: Parts<D>,
    pub(super) companion: Companion,
}

pub(super) struct Parts<D> {
    pub(super) source: BoxSource,
    pub(super) decoder: D,
    pub(super) filled: Mutex<Filled>,
}

impl<D> DecodedFiles<D> {
    pub(in crate::source) fn new(source: BoxSource, decoder: D) -> Self {
        let parts = Parts {
            source,
            decoder,
            filled: Mutex::default(),
        };
        Self(Arc::new(Inner {
            parts,
            companion: Companion::default(),
        }))
    }
}

impl<D> Clone for DecodedFiles<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
