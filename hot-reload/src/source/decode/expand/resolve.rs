//! Replaces the references in a tree by what they stand for.

use std::path::Path;

use super::copies::copies;
use super::syntax::{Piece, pieces};
use crate::error::{Error, ErrorKind};
use crate::secret;
use crate::source::decode::place;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::{Found, Node, Text};
use crate::source::files::Part;
use crate::source::files::including::Secret;

/// The values of the references of one value.
#[derive(Default)]
pub(in crate::source) struct Values {
    /// The texts that came from references. No error shows them.
    pub(super) secrets: Vec<String>,
    /// The bytes of all replaced texts.
    pub(super) size: usize,
}

impl Values {
    /// Replaces the references in the texts of a document, which is this part.
    ///
    /// # Errors
    ///
    /// The first reference that stands for nothing, with its place. If a file was not read yet, all other references are
    /// visited before, so that one round reads all files.
    pub(in crate::source) fn expand(
        &mut self,
        root: &mut Node,
        part: &Part,
        quoting: Quoting,
    ) -> Result<(), Error> {
        let (mut unread, mut first) = (None, None);
        root.replace_texts(&mut |found| match self.text(found, part) {
            Ok(Expanded::Text(text)) => Ok(Some(text)),
            Ok(Expanded::Same) => Ok(None),
            Ok(Expanded::Unread(error)) => {
                unread.get_or_insert(error);
                Ok(None)
            }
            Err(refused @ Refused::Full) => Err(refused.at(found, quoting)),
            Err(refused) => {
                first.get_or_insert_with(|| refused.at(found, quoting));
                Ok(None)
            }
        })?;
        unread.or(first).map_or(Ok(()), Err)
    }

    /// Hides copies of the values in an error.
    pub(in crate::source) fn hide(&self, error: Error) -> Error {
        let message = error.message();
        let secrets = self.secrets.iter();
        let copies: Vec<_> = secrets.flat_map(|secret| copies(message, secret)).collect();
        if copies.is_empty() {
            return error;
        }
        let hidden = Error::new(error.kind(), secret::redact_ranges(message, copies));
        match error.location() {
            Some(location) => hidden.at(location.clone()),
            None => hidden,
        }
    }

    fn text(&mut self, found: &Found<'_>, part: &Part) -> Result<Expanded, Refused> {
        if !found.text.contains('$') {
            return Ok(Expanded::Same);
        }
        let (mut text, mut unread) = (String::new(), None);
        let (mut is_secret, mut is_plain) = (false, true);
        for piece in pieces(found.text)? {
            is_plain &= matches!(piece, Piece::Text(_));
            match piece {
                Piece::Text(piece) => self.append(&mut text, piece)?,
                Piece::Variable { name, default } => match (variable(part, name)?, default) {
                    // As in a shell, an empty variable has the default value.
                    (Some(value), default) if default.is_none() || !value.is_empty() => {
                        is_secret = true;
                        self.append_secret(&mut text, &value)?;
                    }
                    (_, Some(default)) => self.append(&mut text, default)?,
                    (_, None) => {
                        return Err(Refused::from(format!(
                            "the environment variable {name} is not set; set it, or write ${{NAME:-default}}"
                        )));
                    }
                },
                Piece::File { path, default } => {
                    let answer = part.include_secret(Path::new(path));
                    match answer.map_err(|error| {
                        Refused::Reference(error.kind(), error.message().to_owned())
                    })? {
                        Secret::Content(file) => {
                            is_secret = true;
                            self.append_secret(&mut text, content(&file)?)?;
                        }
                        Secret::Absent => {
                            let default =
                                default.ok_or_else(|| format!("the file {path} does not exist"))?;
                            self.append(&mut text, default)?;
                        }
                        Secret::Unread(error) => {
                            unread.get_or_insert(error);
                        }
                    }
                }
            }
        }
        self.size += text.len();
        if let Some(error) = unread {
            return Ok(Expanded::Unread(error));
        }
        Ok(Expanded::Text(match (is_secret, is_plain) {
            (true, _) => {
                if self.secrets.last() != Some(&text) {
                    self.keep(&text);
                }
                Text::secret(text)
            }
            (false, false) => Text::new(text),
            // Only escapes: it stays a text.
            (false, true) => Text::plain(text),
        }))
    }

    /// Appends a piece, unless all texts together become too large.
    fn append(&self, text: &mut String, piece: &str) -> Result<(), Refused> {
        if self.size + text.len() + piece.len() > MAX_SIZE {
            return Err(Refused::Full);
        }
        text.push_str(piece);
        Ok(())
    }

    fn append_secret(&mut self, text: &mut String, value: &str) -> Result<(), Refused> {
        self.append(text, value)?;
        self.keep(value);
        Ok(())
    }

    fn keep(&mut self, secret: &str) {
        secret::learn(secret);
        self.secrets.push(secret.to_owned());
    }
}

enum Expanded {
    Same,
    Text(Text),
    Unread(Error),
}

/// Why a text cannot be expanded. Its place is found only for an error that is returned.
enum Refused {
    Reference(ErrorKind, String),
    /// All texts together are too large, so that no further one is expanded.
    Full,
}

impl Refused {
    fn at(self, found: &Found<'_>, quoting: Quoting) -> Error {
        let (kind, message) = match self {
            Self::Reference(kind, message) => (kind, message),
            Self::Full => (
                ErrorKind::TooLarge,
                format!("the texts with references exceed {MAX_SIZE} bytes"),
            ),
        };
        let (name, place) = (&found.origin.part.name, found.origin.line_and_column());
        let location = place::located(name, place, found.path, quoting);
        Error::quoting(kind, message.clone(), Some(message)).at(location)
    }
}

impl From<String> for Refused {
    fn from(message: String) -> Self {
        Self::Reference(ErrorKind::Decode, message)
    }
}

impl From<&str> for Refused {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

/// The value of an environment variable.
fn variable(part: &Part, name: &str) -> Result<Option<String>, String> {
    match part.variable(name).map(std::ffi::OsString::into_string) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(format!("the environment variable {name} is not UTF-8")),
    }
}

/// The text of a file, without the line break at its end.
fn content(file: &Part) -> Result<&str, String> {
    let text = std::str::from_utf8(file.bytes());
    let text = text.map_err(|_| format!("the file {} is not UTF-8", file.name()))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    Ok(line.strip_suffix('\r').unwrap_or(line))
}

/// The most bytes of all texts with references. Each may name the same large file.
const MAX_SIZE: usize = 16 << 20;
