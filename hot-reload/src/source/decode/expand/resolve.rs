//! Replaces the references in a tree by what they stand for.

use std::path::Path;

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
        let visited: Result<(), std::convert::Infallible> = root.replace_texts(&mut |found| {
            Ok(match self.text(found, part, quoting) {
                Ok(Expanded::Text(text)) => Some(text),
                Ok(Expanded::Same) => None,
                Ok(Expanded::Unread(error)) => {
                    unread.get_or_insert(error);
                    None
                }
                Err(error) => {
                    first.get_or_insert(error);
                    None
                }
            })
        });
        match visited {
            Ok(()) => unread.or(first).map_or(Ok(()), Err),
            Err(never) => match never {},
        }
    }

    /// Hides copies of the values in an error.
    pub(in crate::source) fn hide(&self, error: Error) -> Error {
        let mut message = error.message().to_owned();
        for secret in &self.secrets {
            if secret.chars().count() >= LEAST {
                message = message.replace(secret.as_str(), secret::HIDDEN);
            }
        }
        if message == error.message() {
            return error;
        }
        let hidden = Error::new(error.kind(), message);
        match error.location() {
            Some(location) => hidden.at(location.clone()),
            None => hidden,
        }
    }

    fn text(
        &mut self,
        found: &Found<'_>,
        part: &Part,
        quoting: Quoting,
    ) -> Result<Expanded, Error> {
        if !found.text.contains('$') {
            return Ok(Expanded::Same);
        }
        let refuse = |kind, message: &str| {
            let name = &found.origin.part.name;
            let place = found.origin.line_and_column();
            let location = place::located(name, place, found.path, quoting);
            Error::quoting(kind, message, Some(message.to_owned())).at(location)
        };
        let pieces = pieces(found.text).map_err(|message| refuse(ErrorKind::Decode, message))?;
        let (mut text, mut unread) = (String::new(), None);
        let (mut is_secret, mut is_plain) = (false, true);
        for piece in pieces {
            let value = match piece {
                Piece::Text(piece) => {
                    text.push_str(piece);
                    continue;
                }
                Piece::Variable { name, default } => {
                    let value = variable(part, name)
                        .map_err(|message| refuse(ErrorKind::Decode, &message))?;
                    // As in a shell, an empty variable has the default value.
                    match (value, default) {
                        (Some(value), None) => Some(value),
                        (Some(value), Some(_)) if !value.is_empty() => Some(value),
                        (_, Some(default)) => {
                            text.push_str(default);
                            None
                        }
                        (None, None) => {
                            let message = format!("{name} is not set");
                            return Err(refuse(ErrorKind::Decode, &message));
                        }
                    }
                }
                Piece::File { path, default } => match part.include_secret(Path::new(path)) {
                    Ok(Secret::Content(file)) => Some(
                        content(&file).map_err(|message| refuse(ErrorKind::Decode, &message))?,
                    ),
                    Ok(Secret::Absent) => match default {
                        Some(default) => {
                            text.push_str(default);
                            None
                        }
                        None => {
                            let message = format!("the file {path} does not exist");
                            return Err(refuse(ErrorKind::Decode, &message));
                        }
                    },
                    Ok(Secret::Unread(error)) => {
                        unread.get_or_insert(error);
                        None
                    }
                    Err(error) => return Err(refuse(error.kind(), error.message())),
                },
            };
            is_plain = false;
            if let Some(value) = value {
                is_secret = true;
                text.push_str(&value);
                secret::learn(&value);
                self.secrets.push(value);
            }
            if self.size + text.len() > MAX_SIZE {
                let message = format!("the texts with references exceed {MAX_SIZE} bytes");
                return Err(refuse(ErrorKind::TooLarge, &message));
            }
        }
        self.size += text.len();
        if let Some(error) = unread {
            return Ok(Expanded::Unread(error));
        }
        Ok(Expanded::Text(match (is_secret, is_plain) {
            (true, _) => {
                secret::learn(&text);
                self.secrets.push(text.clone());
                Text::secret(text)
            }
            (false, false) => Text::new(text),
            // Only escapes: it stays a text.
            (false, true) => Text::plain(text),
        }))
    }
}

enum Expanded {
    Same,
    Text(Text),
    Unread(Error),
}

/// The value of an environment variable.
fn variable(part: &Part, name: &str) -> Result<Option<String>, String> {
    match part.variable(name).map(std::ffi::OsString::into_string) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(format!("{name} is not UTF-8")),
    }
}

/// The text of a file, without the line break at its end.
fn content(file: &Part) -> Result<String, String> {
    let text = std::str::from_utf8(file.bytes());
    let text = text.map_err(|_| format!("the file {} is not UTF-8", file.name()))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// Shorter values occur in messages by chance.
const LEAST: usize = 4;

/// The most bytes of all texts with references. Each may name the same large file.
const MAX_SIZE: usize = 16 << 20;
