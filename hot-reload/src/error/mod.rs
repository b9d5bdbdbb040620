//! What went wrong, in a form that a person can act on and an event can carry to many readers.
//!
//! - [`Error`]: the one error of everything that the engine, a source or a handle reports;
//! - [`ReloaderError`]: the error in the signatures of the two traits, converted at the engine's edge.

mod location;
mod reloader;

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::revision::Revision;

pub use self::location::Location;
pub use self::reloader::{ReloadResult, ReloaderError};

/// What kind of failure an [`Error`] is: what a caller can decide upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The source holds nothing; or an earlier value that was asked for is not kept.
    NotFound,
    /// The source could not be reached or read for now.
    Unavailable,
    /// The source refuses access: wrong or missing credentials.
    Denied,
    /// A deadline passed.
    Timeout,
    /// The content is larger than its limit.
    TooLarge,
    /// The content cannot be turned into a value.
    Decode,
    /// The value was refused by a validator, a participant or a restart policy, or has failed its probation.
    Invalid,
    /// Code that was called by the engine panicked.
    Panicked,
    /// The source or the service was set up in a way that cannot work.
    Misconfigured,
    /// The service was stopped.
    Stopped,
    /// A hand-written source failed and did not say how.
    Other,
}

impl ErrorKind {
    /// The kind in the spelling of logs, metrics and JSON: `snake_case`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::Decode => "decode",
            Self::Invalid => "invalid",
            Self::Panicked => "panicked",
            Self::Misconfigured => "misconfigured",
            Self::Stopped => "stopped",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure: one line for a person, a [`kind`](Error::kind) for a program.
///
/// Cloning is cheap, because one failure is told to many: it goes into the status, an event and a log line.
///
/// `Display` is one line and starts with the place, where there is one:
/// `app.toml:4:8: server.port: expected u16, found "80a"`. It never repeats [`source`](StdError::source).
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    location: Option<Location>,
    message: String,
    revision: Option<Revision>,
    files: Vec<PathBuf>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The result of everything that fails with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind. `message` is without a final period and without secrets; of several lines one is made.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            location: None,
            message: one_line(message.into()),
            revision: None,
            files: Vec::new(),
            source: None,
        }))
    }

    /// The same error at a place in its source, instead of the one that it had.
    #[must_use]
    pub fn at(self, location: Location) -> Self {
        self.amend(|inner| inner.location = Some(location))
    }

    /// The same error, about the source of this name if it does not say yet what it is about: by a location, by a place in
    /// front of its text, or by the name in it. A name that joins several by ` + ` is said if one of them is.
    pub(crate) fn about(self, name: &str) -> Self {
        let text = self.message();
        let mut names = name.split(" + ");
        let is_said = contains_name(text, name) || names.any(|name| contains_name(text, name));
        match is_said {
            true => self,
            false => self.or_at(name),
        }
    }

    /// The same error, at the source of this name as a whole, unless it has a place already.
    pub(crate) fn or_at(self, name: &str) -> Self {
        match self.location().is_some() || starts_with_place(self.message()) {
            true => self,
            false => self.at(Location::new(name)),
        }
    }

    /// The same error with more text in front of its message; its place stays first.
    pub(crate) fn context(self, context: &str) -> Self {
        self.amend(|inner| inner.message = format!("{context}: {}", inner.message))
    }

    /// The same error about the content of this revision: it will not be tried again while the revision stays.
    #[must_use]
    pub fn with_revision(self, revision: Revision) -> Self {
        self.amend(|inner| inner.revision = Some(revision))
    }

    /// The same error with the files that the load has read, or has looked for in vain. Their change may repair it.
    #[must_use]
    pub fn with_files(self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        self.amend(|inner| inner.files = files.into_iter().collect())
    }

    /// The same error with the error that caused it.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.amend(|inner| inner.source = Some(Arc::from(source.into())))
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where in the source the fault lies, if that is known.
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// The message without the location.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The revision of the content that was refused, if the source has revisions.
    pub fn revision(&self) -> Option<&Revision> {
        self.0.revision.as_ref()
    }

    /// The files that the load has read, or has looked for in vain, as [`with_files`](Self::with_files) has named them.
    pub fn files(&self) -> &[PathBuf] {
        &self.0.files
    }

    /// Whether trying again may succeed although nobody changed anything.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Other
        )
    }

    /// Whether the content itself was refused, in distinction to not having been had.
    pub fn is_rejection(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Decode | ErrorKind::Invalid | ErrorKind::TooLarge
        )
    }

    /// Whether this one says nothing that the other one does not say, about the same content.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.0.message == other.0.message
            && self.0.location == other.0.location
            && self.0.revision == other.0.revision
    }

    fn amend(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::try_unwrap(self.0).unwrap_or_else(|shared| Inner {
            kind: shared.kind,
            location: shared.location.clone(),
            message: shared.message.clone(),
            revision: shared.revision.clone(),
            files: shared.files.clone(),
            source: shared.source.clone(),
        });
        change(&mut inner);
        Self(Arc::new(inner))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.0.location {
            write!(f, "{location}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.to_string())
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Whether the text begins as `y.toml:1:5: ` does.
fn starts_with_place(text: &str) -> bool {
    let is_number = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    text.split_once(": ").is_some_and(|(place, _)| {
        let mut parts = place.rsplitn(3, ':');
        is_number(parts.next())
            && is_number(parts.next())
            && parts.next().is_some_and(|name| !name.is_empty())
    })
}

/// Whether the text has this name in it, and not just as a part of a longer word.
fn contains_name(text: &str, name: &str) -> bool {
    let is_boundary = |sign: Option<char>| sign.is_none_or(|sign| !sign.is_alphanumeric());
    let mut places = text.match_indices(name);
    !name.is_empty()
        && places.any(|(start, _)| {
            is_boundary(text[..start].chars().next_back())
                && is_boundary(text[start + name.len()..].chars().next())
        })
}

/// Somebody else's text as one line: parsers and assertions draw pictures, and a log line or a status holds one line.
fn one_line(text: String) -> String {
    if !text.contains(['\n', '\r']) && !text.is_empty() {
        return text;
    }
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let lines: Vec<_> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    match lines.is_empty() {
        true => "failed without a reason".to_owned(),
        false => lines.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_says_where_and_what() {
        let error = Error::new(ErrorKind::Decode, "expected u16, found \"80a\"").at(Location::new(
            "app.toml",
        )
        .line(4, 8)
        .path("server.port"));
        assert_eq!(
            error.to_string(),
            "app.toml:4:8: server.port: expected u16, found \"80a\""
        );
    }

    #[test]
    fn a_text_with_lines_becomes_one_line() {
        let error = Error::new(ErrorKind::Invalid, "first\n  second\r\n\n");
        assert_eq!(error.to_string(), "first; second");
        assert_eq!(
            Error::new(ErrorKind::Invalid, "").to_string(),
            "failed without a reason"
        );
    }

    #[test]
    fn a_name_is_added_only_where_none_is_said() {
        let error = |text: &str| Error::new(ErrorKind::Decode, text);
        let about = |error: Error| error.about("x.toml + y.toml").to_string();
        let placed =
            error("expected u8, found 300").at(Location::new("y.toml").line(1, 5).path("a"));
        assert_eq!(about(placed), "y.toml:1:5: a: expected u8, found 300");
        for text in [
            "y.toml:1:5: a: expected u8",
            "cannot read x.toml",
            "x.toml + y.toml: too large",
            "/etc/app/x.toml: too large",
        ] {
            assert_eq!(about(error(text)), text);
        }
        let other = "included.toml:3:1: port: expected u8";
        assert_eq!(about(error(other)), other);
        for text in [
            "expected u8",
            "ax.toml: bad",
            "x.tomla",
            "host:80: refused",
            ":1:5: bad",
        ] {
            assert_eq!(about(error(text)), format!("x.toml + y.toml: {text}"));
        }
        let short = error("cannot be an app").about("a").to_string();
        assert_eq!(short, "a: cannot be an app");
        assert_eq!(error("é.toml: é").about("é.toml").to_string(), "é.toml: é");
    }

    #[test]
    fn amending_a_shared_error_leaves_the_other_as_it_was() {
        let first = Error::new(ErrorKind::Decode, "bad").with_source("cause");
        let second = first.clone().with_revision(Revision::from(1_u64));
        assert!(first.revision().is_none());
        assert_eq!(second.revision(), Some(&Revision::from(1_u64)));
        assert_eq!(second.to_string(), "bad");
        let cause = second.source().map(ToString::to_string);
        assert_eq!(cause.as_deref(), Some("cause"));
    }
}
