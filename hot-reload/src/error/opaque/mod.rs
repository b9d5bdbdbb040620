//! [`Error`]: the error of the engine, of sources and of handles.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::kind::ErrorKind;
use super::line::one_line;
use super::location::Location;
use super::masked;
use crate::revision::Revision;
use crate::secret;

/// An error: one line for a person, and a [`kind`](Error::kind) for a program.
///
/// Cloning is cheap, because each error goes to the status, to an event and to the log.
///
/// `Display` writes one line, which starts with the location if there is one:
/// `app.toml:4:8: server.port: expected u16, found "80a"`. It does not write the chain of [`source`](StdError::source)s.
///
/// # Secrets
///
/// Errors go to logs, events and status pages, so an error redacts every secret that it recognizes. In the message, in the
/// location and in the chain of causes, `(not shown)` replaces:
///
/// - credentials in a URL, and in its query: `postgres://(not shown)@db/app`, `?sig=(not shown)`, `?code=(not shown)`;
/// - text after the name of a secret: `password=…`, `"apiKey": "…"`, `Bearer …`, `Basic …`;
/// - passwords in command lines: `curl -u me:(not shown)`, `--token (not shown)`;
/// - blocks in PEM, JSON web tokens, and tokens with the prefix of their issuer, such as `sk_live_`, `ghp_` or `AKIA`;
/// - numbers of payment cards;
/// - random text of twelve characters or more, except in paths, in digests such as `sha256:…`, and after a name such as
///   `commit` or `trace_id`.
///
/// A password that looks like an ordinary word cannot be recognized, so a message must not quote one. The built-in decoders
/// recognize more, because they know the key of a value; see [`Decode`](crate::source::Decode#secrets). A panic also reaches
/// the program's panic hook, which prints its message without redaction.
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

impl Error {
    /// Creates an error of this kind. `message` has no final period.
    ///
    /// Lines are joined, [secrets](#secrets) are redacted, and control and invisible characters are escaped. At most 4,096
    /// characters are kept.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::quoting(kind, message, None)
    }

    /// Creates an error whose message quotes a value that may be shown, although it looks like a secret.
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

    /// Sets the location. Replaces an earlier location.
    #[must_use]
    pub fn at(self, location: Location) -> Self {
        self.amend(|inner| inner.location = Some(location))
    }

    /// Adds the source's name as the location, unless the error already names its source: by a location, or by the name
    /// within the text. Of names joined by ` + `, one is enough.
    pub(crate) fn about(self, name: &str) -> Self {
        let text = self.message();
        let mut names = name.split(" + ");
        let is_said = contains_name(text, name) || names.any(|name| contains_name(text, name));
        match is_said {
            true => self,
            false => self.or_at(name),
        }
    }

    /// Adds the source's name as the location, unless the error has a location or its text starts with one.
    pub(crate) fn or_at(self, name: &str) -> Self {
        match self.location().is_some() || starts_with_place(self.message()) {
            true => self,
            false => self.at(Location::new(name)),
        }
    }

    /// Adds text before the message. The location stays first.
    pub(crate) fn context(self, context: &str) -> Self {
        self.amend(|inner| {
            let message = format!("{context}: {}", inner.message);
            inner.message = clean(message, inner.quoted.as_deref());
        })
    }

    /// Sets the revision of the rejected content. The service does not retry while the source has this revision.
    #[must_use]
    pub fn with_revision(self, revision: Revision) -> Self {
        self.amend(|inner| inner.revision = Some(revision))
    }

    /// Sets the files that the load has read or tried to read. A change of one of them may fix the error.
    ///
    /// Keeps the first 65,536 files. The polling interval detects changes of the others.
    #[must_use]
    pub fn with_files(self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        self.amend(|inner| inner.files = files.into_iter().take(FILES).collect())
    }

    /// Sets the cause. If the cause or one of its own causes shows a [secret](#secrets), redacted texts replace the whole
    /// chain. A downcast of a cause then fails. A cause that is an `Error` keeps its text, which is redacted already.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.amend(|inner| {
            inner.source = Some(Arc::from(masked::without_secrets(
                source.into(),
                is_redacted,
            )));
        })
    }

    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The location of the fault in the source, if it is known.
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// The message without the location.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The revision of the rejected content, if the source has revisions.
    pub fn revision(&self) -> Option<&Revision> {
        self.0.revision.as_ref()
    }

    /// The files that the load has read or tried to read; see [`with_files`](Self::with_files).
    pub fn files(&self) -> &[PathBuf] {
        &self.0.files
    }

    /// The redacted texts of its causes.
    pub(crate) fn causes(&self) -> Vec<String> {
        masked::texts(self.source(), is_redacted)
    }

    /// Whether a retry may succeed without any change.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Other
        )
    }

    /// Whether the content was loaded and rejected.
    pub fn is_rejection(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Decode | ErrorKind::Invalid | ErrorKind::TooLarge
        )
    }

    /// Whether both have the same message, location and revision.
    pub(crate) fn is_same_report(&self, other: &Self) -> bool {
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
            .field("source", &self.causes())
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Converts an I/O error, which stays available as [`source`](StdError::source).
///
/// The kind of [`NotFound`](io::ErrorKind::NotFound) is [`ErrorKind::NotFound`], that of
/// [`PermissionDenied`](io::ErrorKind::PermissionDenied) is [`ErrorKind::Denied`], that of
/// [`TimedOut`](io::ErrorKind::TimedOut) is [`ErrorKind::Timeout`]. All others become [`ErrorKind::Unavailable`].
///
/// An [`Error`] inside the I/O error is returned as it is. An I/O error names no file, so add the path with
/// [`at`](Error::at):
///
/// ```
/// use hot_reload::Error;
/// use hot_reload::error::{ErrorKind, Location};
///
/// fn read(path: &str) -> Result<String, Error> {
///     std::fs::read_to_string(path).map_err(|error| Error::from(error).at(Location::new(path)))
/// }
///
/// assert_eq!(read("missing.toml").unwrap_err().kind(), ErrorKind::NotFound);
/// ```
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(|error| {
            Self::new(ErrorKind::of_io(error.kind()), error.to_string()).with_source(error)
        })
    }
}

/// Whether a cause is an [`Error`], whose text was redacted when it was made.
fn is_redacted(cause: &(dyn StdError + 'static)) -> bool {
    cause.is::<Error>()
}

/// Whether the text begins with a location, such as `y.toml:1:5: `.
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

/// The most bytes of a message. A longer one quotes a whole file.
const LONGEST: usize = 16 * 1024;

/// Puts the message on one line and redacts secrets, except for the value `quoted`.
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
        Some(quoted) => secret::redact_around(&message, quoted),
        None => secret::redact(&message),
    })
}

#[cfg(test)]
mod tests;
