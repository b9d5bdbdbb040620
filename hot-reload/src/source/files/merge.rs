//! [`Merged`]: merges all files into one document.

use super::{DecodeFiles, Files};
use crate::error::Error;
use crate::source::decode::Decode;

/// A format whose documents can be merged: `Toml`, `Json` and `Yaml`.
///
/// Tables are merged key by key, at every depth. All other values, including lists, are replaced by those of the later file.
/// No files are an empty table.
///
/// A merged document is decoded like one file. It accepts the same numbers and dates, and refuses the same mistakes, such as
/// a duplicate key. In YAML, an empty file changes nothing, and an anchor is valid within its own file only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot merge several files",
    label = "only `Toml`, `Json` and `Yaml` merge",
    note = "decode each file with `each`, or all of them with `decode_files`; `Layers` merges files of several formats"
)]
pub trait DecodeMerged: Decode {
    /// Decodes the files of the source with this name as one document. Later files replace values of earlier ones.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode), with the location in the file at fault if there is one.
    fn decode_merged(&self, files: &Files, name: &str) -> Result<Self::Value, Error>;
}

/// Decodes all files as one document. [`Dir::merge`](crate::source::Dir::merge) uses it.
#[derive(Debug, Clone, Copy)]
pub struct Merged<D>(D);

impl<D: DecodeMerged> Merged<D> {
    /// Decodes all files with this decoder.
    pub fn new(decoder: D) -> Self {
        Self(decoder)
    }
}

impl<D: DecodeMerged> DecodeFiles for Merged<D> {
    type Value = D::Value;

    fn decode_files(&self, files: &Files, name: &str) -> Result<D::Value, Error> {
        self.0.decode_merged(files, name)
    }
}
