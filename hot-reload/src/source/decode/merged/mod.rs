//! Merges several documents of one format and decodes the result.
//!
//! The files are merged as text, not as values. The decoder of one file then reads the merged document, so that it accepts
//! and refuses the same numbers, dates and duplicate keys. Each piece remembers its file, so that an error names file, line
//! and column.
//!
//! - [`Origins`]: maps offsets of the merged document to the files;
//! - `json`, `yaml`: merge pieces of text; `toml`: merges tables, with distinct offsets for each file.

#[cfg(feature = "json")]
mod json;
#[cfg(feature = "toml")]
mod toml;
#[cfg(feature = "yaml")]
pub(super) mod yaml;

#[cfg(any(feature = "json", feature = "yaml"))]
use std::collections::HashMap;

use super::place::{self, Failure};
use crate::error::Error;
use crate::source::files::Files;

/// The origins of the pieces of a merged document, in the order of the document.
#[derive(Default)]
struct Origins(Vec<Origin>);

/// One piece: at `at` in the merged document, and at `offset` in its file.
#[derive(Clone, Copy)]
struct Origin {
    at: usize,
    file: usize,
    offset: usize,
    length: usize,
}

impl Origins {
    /// The file and the offset in it, for an offset of the merged document.
    fn find(&self, at: usize) -> Option<(usize, usize)> {
        let next = self.0.partition_point(|origin| origin.at <= at);
        let origin = self.0.get(next.checked_sub(1)?)?;
        Some((
            origin.file,
            origin.offset + (at - origin.at).min(origin.length),
        ))
    }

    /// Converts a failure in the merged document into an error about the file at fault.
    ///
    /// An error about a missing key names all files, unless there is only one and it has content.
    fn blame(&self, files: &Files, name: &str, failure: Failure) -> Error {
        let says_all = files.len() == 1 && files.iter().all(|file| !file.bytes().is_empty());
        let is_missing = failure.message.starts_with("missing field") && !says_all;
        let place = failure.at.filter(|_| !is_missing);
        let found = place.and_then(|at| self.find(at));
        match found.and_then(|(file, offset)| Some((files.iter().nth(file)?, offset))) {
            None => failure.into_error(name, None),
            Some((file, offset)) => {
                let text = place::text(file.bytes(), file.name()).ok();
                let place = text.map(|text| place::line_and_column(text, offset));
                failure.into_error(file.name(), place)
            }
        }
    }
}

/// Merges entries over those of an earlier file. A duplicate entry within one file stays, so that the decoder refuses it.
#[cfg(any(feature = "json", feature = "yaml"))]
fn cover<E>(
    under: &mut Vec<E>,
    over: Vec<E>,
    key: impl Fn(&E) -> Option<String>,
    mut merge: impl FnMut(&mut E, E),
) {
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, entry) in under.iter().enumerate() {
        if let Some(key) = key(entry) {
            places.insert(key, place);
        }
    }
    for entry in over {
        match key(&entry).and_then(|key| places.remove(&key)) {
            Some(place) => merge(&mut under[place], entry),
            None => under.push(entry),
        }
    }
}

#[cfg(all(test, feature = "json", feature = "toml", feature = "yaml"))]
mod tests;
