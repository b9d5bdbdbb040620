//! [`DecodedFiles`]: combines a source of several parts and a decoder into a source of values.

use std::sync::{Arc, Mutex};

use super::emptied::Filled;
use crate::source::boxed::BoxSource;

/// Several files with a decoder: from [`Source::decode_files`](crate::source::Source::decode_files), `Dir` and `Group`.
///
/// Decoding runs inside the service's task. Cloning shares the source.
pub struct DecodedFiles<D>(pub(super) Arc<Parts<D>>);

pub(super) struct Parts<D> {
    pub(super) source: BoxSource,
    pub(super) decoder: D,
    pub(super) filled: Mutex<Filled>,
}

impl<D> DecodedFiles<D> {
    pub(in crate::source) fn new(source: BoxSource, decoder: D) -> Self {
        Self(Arc::new(Parts {
            source,
            decoder,
            filled: Mutex::default(),
        }))
    }
}

impl<D> Clone for DecodedFiles<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
