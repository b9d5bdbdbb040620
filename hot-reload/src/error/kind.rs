//! [`ErrorKind`]: the kind of an error.

use std::fmt;
use std::io;

/// The kind of an [`Error`](super::Error), for decisions of a program.
///
/// ```
/// use hot_reload::Error;
/// use hot_reload::error::ErrorKind;
///
/// let error = Error::new(ErrorKind::Unavailable, "the store does not answer");
/// assert!(error.is_retryable());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The source has no content, or the requested earlier value is not retained.
    NotFound,
    /// The source cannot be reached or read now.
    Unavailable,
    /// The source refuses access, such as for wrong or missing credentials.
    Denied,
    /// A deadline expired.
    Timeout,
    /// The content exceeds a size limit.
    TooLarge,
    /// The content cannot be decoded.
    Decode,
    /// A validator, a participant or a restart policy rejected the value, or it failed its probation.
    Invalid,
    /// Code of the user or of a source panicked.
    Panicked,
    /// The configuration of the source or of the service cannot work.
    Misconfigured,
    /// The condition of a request does not hold: the source or the visible value has changed since its plan.
    Conflict,
    /// The service was stopped.
    Stopped,
    /// A thread of the engine would wait for the engine. Only the feature `blocking` has such calls.
    WouldDeadlock,
    /// A hand-written source failed with a text only.
    Other,
}

impl ErrorKind {
    /// The kind for an I/O error of this kind.
    pub(crate) fn of_io(kind: io::ErrorKind) -> Self {
        match kind {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::TimedOut => Self::Timeout,
            _ => Self::Unavailable,
        }
    }
}

/// Lists all kinds, in the order of their declaration, with their words. A kind that is missing here does not compile.
macro_rules! kinds {
    ($($kind:ident => $word:literal),+ $(,)?) => {
        impl ErrorKind {
            pub(crate) const ALL: &[Self] = &[$(Self::$kind),+];

            /// The word for logs, metrics and JSON, in snake_case.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $word),+ }
            }
        }
    };
}

kinds! {
    NotFound => "not_found",
    Unavailable => "unavailable",
    Denied => "denied",
    Timeout => "timeout",
    TooLarge => "too_large",
    Decode => "decode",
    Invalid => "invalid",
    Panicked => "panicked",
    Misconfigured => "misconfigured",
    Conflict => "conflict",
    Stopped => "stopped",
    WouldDeadlock => "would_deadlock",
    Other => "other",
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
