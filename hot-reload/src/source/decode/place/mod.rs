//! The one line that says where content is wrong, and what it should be.
//!
//! - [`text`]: bytes as text, or the place of the first byte that is not;
//! - [`Mistake`]: a mistake in the syntax, at its place;
//! - [`Fault`]: what a parser found wrong, turned into an [`Error`];
//! - `message`: serde's sentences in the words of a configuration's author;
//! - `judge`: what of it may be shown;
//! - `secret`: what must not be quoted.

mod judge;
pub(super) mod lines;
mod message;
mod secret;

use self::judge::{Judge, shown_path};
use super::quoting::Quotes;
use crate::error::{Error, ErrorKind, Location};

pub(super) use self::secret::{Found, Secrets};

/// The bytes as text, without a byte order mark.
pub(super) fn text<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str, Error> {
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

/// Line and column of a byte offset, both counted from one, the column in characters.
pub(super) fn line_and_column(text: &str, offset: usize) -> (u64, u64) {
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

/// A mistake in the syntax of a content, in words that quote nothing of it but single signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    offset: usize,
    message: String,
}

impl Mistake {
    /// A mistake at this byte of the text.
    pub(super) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }

    /// The byte of the text at which it stands.
    #[cfg(feature = "toml")]
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// The mistake as an error about the source of this name, which holds this text.
    pub(super) fn into_error(self, name: &str, text: &str) -> Error {
        let (line, column) = line_and_column(text, self.offset);
        let location = Location::new(name).line(line, column);
        Error::new(ErrorKind::Decode, self.message).at(location)
    }
}

/// What a parser or serde found wrong.
pub(super) struct Fault<'a> {
    /// The source.
    pub(super) name: &'a str,
    /// Line and column, where the parser knows them.
    pub(super) place: Option<(u64, u64)>,
    /// The path of keys, empty where the fault is one of syntax.
    pub(super) path: Option<&'a serde_path_to_error::Path>,
    /// The parser's words.
    pub(super) message: &'a str,
    /// What of the content may be quoted.
    pub(super) quotes: &'a Quotes,
    /// What of it must not be.
    pub(super) secrets: Secrets,
}

impl Fault<'_> {
    /// The fault as an error that a person can act on.
    pub(super) fn into_error(self) -> Error {
        let whole = self.quotes.scope();
        let judge = Judge::new(&whole, self.quotes.is_off, self.path, &self.secrets);
        let said = message::rewrite(self.message, &judge);
        let unknown_key = said.unknown_key.as_deref();
        let path = self
            .path
            .map(|path| shown_path(path, &whole, &self.secrets, unknown_key));
        let mut location = Location::new(self.name).path(path.unwrap_or_default());
        if let Some((line, column)) = self.place {
            location = location.line(line, column);
        }
        Error::new(ErrorKind::Decode, said.text).at(location)
    }
}

#[cfg(test)]
pub(super) mod tests;
