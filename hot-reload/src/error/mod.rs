//! The errors of the crate.
//!
//! - [`Error`]: the error that the engine, a source or a handle reports;
//! - [`ReloaderError`]: the error in the signatures of the two traits, converted at the engine's edge.

mod line;
mod location;
mod masked;
mod reloader;

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::revision::Revision;
use crate::secret;

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub(crate) use self::line::joined;
pub(crate) use self::line::{escaped, one_line};
pub use self::location::Location;
pub use self::reloader::{ReloadResult, ReloaderError};

/// What kind of failure an [`Error`] is: what a caller can decide upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The source holds nothing, or the requested earlier value is not kept.
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
/// Cloning is cheap, because one failure goes into the status, an event and a log line.
///
/// `Display` is one line and starts with the place, where there is one:
/// `app.toml:4:8: server.port: expected u16, found "80a"`. It never repeats [`source`](StdError::source).
///
/// # Secrets
///
/// An error goes to logs, events and status pages, so it redacts every secret that it recognizes. `(not shown)` replaces
/// these in the message, in the location and in the chain of causes:
///
/// - credentials in a URL, and in its query: `postgres://(not shown)@db/app`, `?sig=(not shown)`, `?code=(not shown)`;
/// - the text after the name of a secret: `password=…`, `"apiKey": "…"`, `Bearer …`, `Basic …`;
/// - passwords in command lines: `curl -u me:(not shown)`, `--token (not shown)`;
/// - blocks in PEM, JSON web tokens, and tokens with the prefix of their issuer, such as `sk_live_`, `ghp_` or `AKIA`;
/// - numbers of payment cards;
/// - random text of twelve characters or more, except in paths, in digests such as `sha256:…`, and behind a name such as
///   `commit` or `trace_id`.
///
/// A password that looks like an ordinary word cannot be recognized in a sentence, so a message must not quote one. The
/// built-in decoders recognize more, because they know the key of a value: see [`Decode`](crate::source::Decode#secrets).
/// A panic also reaches the panic hook of the program, which prints its message unredacted.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    location: Option<Location>,
    message: String,
    /// A value in the message that may be shown, although it looks like a secret.
    quoted: Option<Box<str>>,
    revision: Option<Revision>,
    files: Vec<PathBuf>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The result of everything that fails with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind. `message` has no final period. Several lines become one, and [secrets](#secrets) are redacted.
    /// Control and invisible characters are escaped, and at most 4,096 characters are kept.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::quoting(kind, message, None)
    }

    /// The same, with a value that the message quotes and that may be shown, although it looks like a secret.
    pub(crate) fn quoting(
        kind: ErrorKind,
        message: impl Into<String>,
        quoted: Option<String>,
    ) -> Self {
        Self(Arc::new(Inner {
            kind,
            location: None,
            message: clean(message.into(), quoted.as_deref()),
            quoted: quoted.map(String::into_boxed_str),
            revision: None,
            files: Vec::new(),
            source: None,
        }))
    }

    /// The same error at this location, which replaces an earlier one.
    #[must_use]
    pub fn at(self, location: Location) -> Self {
        self.amend(|inner| inner.location = Some(location))
    }

    /// Adds the source's name as the location, unless the error names its source already: by a location, by a place in
    /// front of the text, or by the name within the text. Of names joined by ` + `, one is enough.
    pub(crate) fn about(self, name: &str) -> Self {
        let text = self.message();
        let mut names = name.split(" + ");
        let is_said = contains_name(text, name) || names.any(|name| contains_name(text, name));
        match is_said {
            true => self,
            false => self.or_at(name),
        }
    }

    /// Adds the source's name as the location, unless the error has a location or a place in front of its text.
    pub(crate) fn or_at(self, name: &str) -> Self {
        match self.location().is_some() || starts_with_place(self.message()) {
            true => self,
            false => self.at(Location::new(name)),
        }
    }

    /// Puts text in front of the message. The location stays first.
    pub(crate) fn context(self, context: &str) -> Self {
        self.amend(|inner| {
            let message = format!("{context}: {}", inner.message);
            inner.message = clean(message, inner.quoted.as_deref());
        })
    }

    /// The same error about the content of this revision: it will not be tried again while the revision stays.
    #[must_use]
    pub fn with_revision(self, revision: Revision) -> Self {
        self.amend(|inner| inner.revision = Some(revision))
    }

    /// The same error with the files that the load has read, or has tried to read. A change of one of them may fix the error.
    ///
    /// Keeps the first 65,536 files. A change of another one is found within the interval.
    #[must_use]
    pub fn with_files(self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        self.amend(|inner| inner.files = files.into_iter().take(FILES).collect())
    }

    /// The same error with its cause. If the cause or one below it shows a [secret](#secrets), their redacted texts replace
    /// the whole chain, and a downcast of a cause fails.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.amend(|inner| {
            inner.source = Some(Arc::from(masked::without_secrets(source.into())));
        })
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

    /// The files that the load has read, or has tried to read, as given to [`with_files`](Self::with_files).
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

    /// Whether the content was loaded and refused.
    pub fn is_rejection(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Decode | ErrorKind::Invalid | ErrorKind::TooLarge
        )
    }

    /// Whether both have the same message, location and revision.
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
            quoted: shared.quoted.clone(),
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
            // Only the redacted texts of the causes: their `Debug` output may show any field.
            .field("source", &masked::texts(self.source()))
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Whether the text begins with a place, such as `y.toml:1:5: `.
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

/// Whether the text contains this name as a whole word.
fn contains_name(text: &str, name: &str) -> bool {
    let is_boundary = |sign: Option<char>| sign.is_none_or(|sign| !sign.is_alphanumeric());
    let mut places = text.match_indices(name);
    !name.is_empty()
        && places.any(|(start, _)| {
            is_boundary(text[..start].chars().next_back())
                && is_boundary(text[start + name.len()..].chars().next())
        })
}

/// The most files of an error. A configuration of 16 MiB hardly names more.
const FILES: usize = 65_536;

/// The size limit of a message in bytes. A longer one quotes a whole file.
const LONGEST: usize = 16 * 1024;

/// The message on one line, with secrets redacted. `quoted` is a value that is none.
fn clean(mut message: String, quoted: Option<&str>) -> String {
    if message.len() > LONGEST {
        let end = (0..LONGEST).rev().find(|at| message.is_char_boundary(*at));
        let start = &message[..end.unwrap_or(0)];
        // Half a word may be half a secret, which no rule recognizes.
        let whole = start.rfind(char::is_whitespace).unwrap_or(start.len());
        message.truncate(whole);
        message.push('…');
    }
    one_line(match quoted {
        Some(quoted) => secret::cut_around(&message, quoted),
        None => secret::cut(&message),
    })
}

#[cfg(test)]
mod tests;
