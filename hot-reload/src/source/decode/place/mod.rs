//! The text of a decoding error: its location, and the expected and the found value.
//!
//! - [`text`]: converts bytes to text, or locates the first invalid byte;
//! - [`Mistake`]: a syntax error at its location;
//! - [`Failure`]: a wrong value, before it becomes an [`Error`];
//! - `message`: rewrites serde's sentences for the author of a configuration;
//! - `wanted`: rewrites serde's expectations;
//! - `judge`: decides what an error may quote;
//! - `secret`: the secrets of a content;
//! - `collect`: finds the secrets in decoded content.

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
mod collect;
mod found;
mod judge;
pub(super) mod lines;
mod message;
mod secret;
mod wanted;

use serde_path_to_error::Segment;

use self::judge::{Judge, shown_path};
use super::quoting::Quotes;
#[cfg(feature = "expand")]
use super::quoting::Quoting;
use crate::error::{Error, ErrorKind, Location};

#[cfg(any(feature = "layers", feature = "toml"))]
pub(super) use self::found::Found;
pub(super) use self::secret::Secrets;

/// Converts the bytes to text, without a byte order mark.
pub(in crate::source) fn text<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str, Error> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let good = error.valid_up_to();
        let before = String::from_utf8_lossy(&bytes[..good]);
        let (line, column) = line_and_column(&before, good);
        let message = format!(
            "expected UTF-8 text, found the byte 0x{:02x} at offset {good}",
            bytes[good]
        );
        Error::new(ErrorKind::Decode, message).at(Location::new(name).line(line, column))
    })
}

/// The location of a value, with the path as far as it may be shown.
#[cfg(feature = "expand")]
pub(super) fn located(
    name: &str,
    place: Option<(u64, u64)>,
    path: &[Segment],
    quoting: Quoting,
) -> Location {
    let quotes = quoting.quotes();
    let secrets = Secrets::found_by(&quotes, |_, _| true);
    let location = Location::new(name).path(shown_path(path, &quotes.scope(), &secrets, None));
    match place {
        Some((line, column)) => location.line(line, column),
        None => location,
    }
}

/// The line and the column of a byte offset, both counted from one. The column counts characters.
pub(in crate::source) fn line_and_column(text: &str, offset: usize) -> (u64, u64) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before[line_start..].chars().count() + 1;
    (line as u64, column as u64)
}

/// The steps of a path.
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub(super) fn steps(path: &serde_path_to_error::Path) -> Vec<Segment> {
    path.iter().cloned().collect()
}

/// The byte offset of a line and a column, both counted from one. The column counts characters.
#[cfg(feature = "yaml")]
pub(super) fn offset(text: &str, line: u64, column: u64) -> Option<usize> {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines
        .by_ref()
        .take(line.checked_sub(1)? as usize)
        .map(str::len)
        .sum();
    let line = lines.next().unwrap_or_default();
    let column = line.char_indices().nth(column.checked_sub(1)? as usize);
    Some(before + column.map_or(line.len(), |(offset, _)| offset))
}

/// A syntax error. Its text quotes only single characters of the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    offset: usize,
    message: String,
}

impl Mistake {
    /// A mistake at this byte offset.
    pub(super) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }

    /// The offset in bytes.
    #[cfg(feature = "toml")]
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// Converts the mistake into an error about the source with this name and text.
    #[cfg(any(feature = "toml", feature = "yaml"))]
    pub(super) fn into_error(self, name: &str, text: &str) -> Error {
        let (line, column) = line_and_column(text, self.offset);
        let location = Location::new(name).line(line, column);
        Error::new(ErrorKind::Decode, self.message).at(location)
    }
}

/// An error about a value or about syntax, before it is located.
pub(super) struct Failure {
    /// The offset in the text in bytes, if it is known.
    pub(super) at: Option<usize>,
    /// The path of keys, if there is one.
    pub(super) path: Option<Vec<Segment>>,
    /// The message of a [`Mistake`], or serde's.
    pub(super) message: String,
    /// The settings for quoting and the secrets. `None` if the message quotes nothing.
    pub(super) quoted: Option<Box<(Quotes, Secrets)>>,
}

impl Failure {
    /// Converts the failure into an error about the source with this name and text.
    pub(super) fn about(self, name: &str, text: &str) -> Error {
        let place = self.at.map(|at| line_and_column(text, at));
        self.into_error(name, place)
    }

    /// Converts the failure into an error about the source with this name, at this line and column.
    pub(super) fn into_error(self, name: &str, place: Option<(u64, u64)>) -> Error {
        let (text, expected, path) = match &self.quoted {
            None => (self.message, None, None),
            Some(quoted) => {
                let (quotes, secrets) = &**quoted;
                let whole = quotes.scope();
                let path = self.path.as_deref();
                let judge = Judge::new(&whole, quotes.is_off, path, secrets);
                let said = message::rewrite(&self.message, &judge);
                let unknown_key = said.unknown_key.as_deref();
                let path = path.map(|path| shown_path(path, &whole, secrets, unknown_key));
                (said.text, said.expected, path)
            }
        };
        let mut path = path.unwrap_or_default();
        // Removes steps for which serde has no name.
        while let Some(known) = path.strip_suffix('?') {
            path = known.trim_end_matches('.').to_owned();
        }
        let mut location = Location::new(name).path(path);
        if let Some((line, column)) = place {
            location = location.line(line, column);
        }
        Error::quoting(ErrorKind::Decode, text, expected).at(location)
    }
}

impl From<Mistake> for Failure {
    fn from(mistake: Mistake) -> Self {
        Self {
            at: Some(mistake.offset),
            path: None,
            message: mistake.message,
            quoted: None,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
