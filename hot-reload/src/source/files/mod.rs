//! Several files that are read and decoded as one.
//!
//! - [`Files`]: the files that were read, each a [`Part`];
//! - [`DecodeFiles`]: decodes them into one value; functions, [`Each`] and [`Merged`] implement it;
//! - [`DecodedFiles`]: the source for a service, with `Reload` and `RealtimeWatch`.

mod decoded;
mod each;
mod merge;

use std::fmt;
use std::path::{Path, PathBuf};

pub use self::decoded::DecodedFiles;
pub use self::each::Each;
pub use self::merge::{DecodeMerged, Merged};
use super::Decode;
use crate::error::{Error, ErrorKind};

/// The files of a directory or a group, all as they were at one moment. Ordered by the bytes of their paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files(Vec<Part>);

/// One file among [`Files`].
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    path: PathBuf,
    name: String,
    bytes: Vec<u8>,
}

/// Decodes several files into one value.
///
/// Implemented by every `Fn(&Files) -> Result<V, Error>`, by [`Each`] and by [`Merged`].
///
/// # Contract
///
/// 1. The same files always give the same result.
/// 2. An error names the file at fault if there is one. [`Part::decode`] and [`Part::refuse`] do this.
pub trait DecodeFiles: Send + Sync + 'static {
    /// The decoded value.
    type Value: Send + Sync + 'static;

    /// Decodes the files of the source with this name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`], with the location of the fault.
    fn decode_files(&self, files: &Files, name: &str) -> Result<Self::Value, Error>;
}

impl<F, V> DecodeFiles for F
where
    F: Fn(&Files) -> Result<V, Error> + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    type Value = V;

    fn decode_files(&self, files: &Files, _: &str) -> Result<V, Error> {
        self(files)
    }
}

// ===== impl Files =====

impl Files {
    /// `parts` must be in order.
    pub(super) fn new(parts: Vec<Part>) -> Self {
        Self(parts)
    }

    /// Iterates over the files, ordered by the bytes of their paths.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Part> + ExactSizeIterator {
        self.0.iter()
    }

    /// The file with this path in the directory, or with this name in the group.
    pub fn get(&self, path: impl AsRef<Path>) -> Option<&Part> {
        let path = path.as_ref();
        self.iter().find(|part| part.path == path)
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

// ===== impl Part =====

impl Part {
    pub(super) fn new(path: PathBuf, name: String, bytes: Vec<u8>) -> Self {
        Self { path, name, bytes }
    }

    /// The path relative to the directory, or the name in the group.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the file in errors: its path as a person would write it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The content.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Decodes this file alone.
    ///
    /// # Errors
    ///
    /// The error of the decoder, with the name of this file.
    pub fn decode<D: Decode>(&self, decoder: &D) -> Result<D::Value, Error> {
        decoder.decode(&self.bytes, &self.name)
    }

    /// An error about the content of this file, with this reason.
    pub fn refuse(&self, reason: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Decode, reason.to_string()).or_at(&self.name)
    }
}

/// Shows the size of the content instead of the content, which may be a private key.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("name", &self.name)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
