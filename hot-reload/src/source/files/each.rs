//! [`Each`] and [`EachKey`]: decode each part separately.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{DecodeFiles, Files};
use crate::error::Error;
use crate::source::decode::Decode;

/// Decodes each file with one decoder. [`Dir::each`](crate::source::Dir::each) uses it.
///
/// If one file is broken, the load is rejected, so every published value is a complete directory.
#[derive(Debug, Clone, Copy)]
pub struct Each<D>(D);

impl<D: Decode> Each<D> {
    /// Decodes every file with this decoder.
    pub fn new(decoder: D) -> Self {
        Self(decoder)
    }
}

impl<D: Decode> DecodeFiles for Each<D> {
    type Value = BTreeMap<PathBuf, D::Value>;

    fn decode_files(&self, files: &Files, _: &str) -> Result<Self::Value, Error> {
        files
            .iter()
            .map(|part| Ok((part.path().to_owned(), part.decode(&self.0)?)))
            .collect()
    }
}

/// Decodes each part with one decoder, by its key. [`Source::each`](crate::source::Source::each) uses it.
///
/// If one part is broken, the load is rejected, so every published value is complete.
#[derive(Debug, Clone, Copy)]
pub struct EachKey<D>(D);

impl<D: Decode> EachKey<D> {
    /// Decodes every part with this decoder.
    pub fn new(decoder: D) -> Self {
        Self(decoder)
    }
}

impl<D: Decode> DecodeFiles for EachKey<D> {
    type Value = BTreeMap<String, D::Value>;

    fn decode_files(&self, files: &Files, _: &str) -> Result<Self::Value, Error> {
        files
            .iter()
            .map(|part| Ok((part.key().into_owned(), part.decode(&self.0)?)))
            .collect()
    }
}
