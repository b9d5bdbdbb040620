//! [`Each`]: every file on its own, by its path.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{DecodeFiles, Files};
use crate::error::Error;
use crate::source::Decode;

/// Decodes every file with one decoder: made by [`Dir::each`](crate::source::Dir::each). One broken file refuses the
/// whole, so that what is published always was a complete directory.
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
