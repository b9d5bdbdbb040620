//! JSON as a tree.

use super::super::node::{Entry, Kind, Node};
use super::super::scalar::{Scalar, Value};
use super::build::Build;
use crate::error::Error;
use crate::source::decode::json;

/// Builds the tree of a text. `None`: it has too many values.
pub(super) fn build(build: &mut Build, text: &str, name: &str) -> Result<Option<Node>, Error> {
    json::check(text, name)?;
    match (Reader { build, text, at: 0 }).node() {
        Ok(node) => Ok(Some(node)),
        Err(Stop::TooMany) => Ok(None),
        Err(Stop::Invalid(at)) => Err(json::invalid_text(text, name, at)),
    }
}

enum Stop {
    TooMany,
    /// The offset of a text in quotes that stands for no text, such as half of a character escape.
    Invalid(usize),
}

/// Reads a text that is known to be JSON, so its depth is bounded.
struct Reader<'b, 't> {
    build: &'b mut Build,
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'_, 't> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or_default()
    }

    fn node(&mut self) -> Result<Node, Stop> {
        self.build.count().ok_or(Stop::TooMany)?;
        let first = self.peek();
        let start = self.at;
        let kind = match first {
            b'{' => Kind::Table(self.entries()?),
            b'[' => Kind::List(self.items()?),
            b'"' => Kind::Scalar(Scalar::Value(Value::Text(self.string()?))),
            _ => Kind::Scalar(match self.word() {
                "null" => Scalar::Value(Value::Null),
                "true" => Scalar::Value(Value::Bool(true)),
                "false" => Scalar::Value(Value::Bool(false)),
                number => Scalar::Json(number.into()),
            }),
        };
        Ok(self.build.node(start, kind))
    }

    fn entries(&mut self) -> Result<Vec<Entry>, Stop> {
        let mut entries = Vec::new();
        self.at += 1;
        while self.peek() == b'"' {
            let origin = self.build.origin(self.at);
            let key = self.string()?;
            self.skip(b':');
            let value = self.node()?;
            entries.push(Entry::new(key, origin, value));
            self.skip(b',');
        }
        self.skip(b'}');
        Ok(entries)
    }

    fn items(&mut self) -> Result<Vec<Node>, Stop> {
        let mut items = Vec::new();
        self.at += 1;
        while !matches!(self.peek(), b']' | 0) {
            items.push(self.node()?);
            self.skip(b',');
        }
        self.skip(b']');
        Ok(items)
    }

    /// Skips this byte if it comes next.
    fn skip(&mut self, byte: u8) {
        if self.peek() == byte {
            self.at += 1;
        }
    }

    /// A text in quotes.
    fn string(&mut self) -> Result<String, Stop> {
        let start = self.at;
        serde_json::from_str(self.quoted()).map_err(|_| Stop::Invalid(start))
    }

    /// A text with its quotes.
    fn quoted(&mut self) -> &'t str {
        let (start, bytes) = (self.at, self.text.as_bytes());
        self.at += 1;
        while bytes.get(self.at).is_some_and(|byte| *byte != b'"') {
            self.at += if bytes[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// A number, or one of the three names.
    fn word(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let is_end = |letter: char| letter.is_whitespace() || ",:[]{}\"".contains(letter);
        // At least one byte, so that no text can stop the reader.
        let end = rest.find(is_end).unwrap_or(rest.len()).max(1);
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }
}
