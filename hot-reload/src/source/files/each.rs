//! [`Each`] and [`EachKey`]: decode each part separately.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{DecodeFiles, Files, Part};
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
        decode_each(files, &self.0, |part| part.path().to_owned())
    }
}

/// Decodes every part with one decoder.
///
/// # Errors
///
/// That of the first part that cannot be decoded, or whose key in the map another part has: `a/b` and `a//b` are one path.
/// If an included file was not read yet, all other parts are visited before, so that one round reads the files of all.
fn decode_each<K: Ord, D: Decode>(
    files: &Files,
    decoder: &D,
    key: impl Fn(&Part) -> K,
) -> Result<BTreeMap<K, D::Value>, Error> {
    let (mut values, mut unread) = (BTreeMap::new(), None);
    for part in files.iter() {
        let value = match part.decode(decoder) {
            Ok(value) => value,
            Err(error) if part.is_decoded_again() => {
                unread.get_or_insert(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        if values.insert(key(part), value).is_some() {
            return Err(part.refuse("has the same key as another part; rename one of them"));
        }
    }
    unread.map_or(Ok(values), Err)
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
        decode_each(files, &self.0, |part| part.key().into_owned())
    }
}
