//! Several documents of one format, laid over each other and decoded as one.
//!
//! The merged document has no lines any more. So when it is refused, the file is looked for that is refused for the same
//! reason on its own, and its error is given, with line and column.

#[cfg(feature = "json")]
mod json;
#[cfg(feature = "toml")]
mod toml;

use serde_path_to_error::{Path, Segment};

use super::Decode;
use super::place::{Fault, Secrets};
use super::quoting::Quotes;
use crate::error::{Error, Location};
use crate::source::Files;

/// A document before it is a value.
trait Layer: Sized + Default {
    /// Lays another one over this one.
    fn cover(&mut self, over: Self);

    /// Whether something stands at this path of keys.
    fn has(&self, keys: &[&str]) -> bool;
}

/// Why a merged document is refused.
struct Refusal {
    path: Path,
    message: String,
    secrets: Secrets,
}

/// Parses every file with `parser`, and makes a value of all layers.
fn decode<P, D>(
    parser: &P,
    decoder: &D,
    files: &Files,
    name: &str,
    quotes: &Quotes,
    finish: impl FnOnce(P::Value) -> Result<D::Value, Refusal>,
) -> Result<D::Value, Error>
where
    P: Decode<Value: Layer>,
    D: Decode,
{
    let mut whole = P::Value::default();
    for file in files.iter() {
        whole.cover(file.decode(parser)?);
    }
    finish(whole).map_err(|refusal| blame(parser, decoder, files, name, quotes, refusal))
}

/// The error, in the name of the file that is at fault, or of the whole if that is none in particular.
fn blame<P, D>(
    parser: &P,
    decoder: &D,
    files: &Files,
    name: &str,
    quotes: &Quotes,
    refusal: Refusal,
) -> Error
where
    P: Decode<Value: Layer>,
    D: Decode,
{
    // A key that is missing is missing in all of them.
    let is_missing = refusal.message.starts_with("missing field");
    let keys = keys(&refusal.path);
    // The last one that has it is the one that counts.
    let culprit = files.iter().rev().find(|file| {
        let layer = file.decode(parser).ok();
        !is_missing && !keys.is_empty() && layer.is_some_and(|layer| layer.has(&keys))
    });
    let error = Fault {
        name: culprit.map_or(name, |file| file.name()),
        place: None,
        path: Some(&refusal.path),
        message: &refusal.message,
        quotes,
        secrets: refusal.secrets,
    }
    .into_error();
    let alone = culprit.and_then(|file| file.decode(decoder).err());
    let path = |error: &Error| {
        let path = error.location().and_then(Location::key_path);
        path.map(str::to_owned)
    };
    match alone {
        // The words are those about the whole, because the secrets of all files are known there.
        Some(alone) if path(&alone) == path(&error) => match alone.location().cloned() {
            Some(place) => error.at(place),
            None => error,
        },
        _ => error,
    }
}

/// The keys up to the first list or variant.
fn keys(path: &Path) -> Vec<&str> {
    path.iter()
        .map_while(|segment| match segment {
            Segment::Map { key } => Some(&**key),
            _ => None,
        })
        .collect()
}
