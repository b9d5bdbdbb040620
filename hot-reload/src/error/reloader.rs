//! [`ReloaderError`]: the error in the signatures of `Reload` and `RealtimeWatch`.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use tokio::sync::watch::error::{RecvError, SendError};

use super::{Error, ErrorKind};
use crate::secret;

/// Why a hand-written source has no value, or why a receiver gets no more changes.
///
/// Implementors mostly use [`Reload`](Self::Reload) with a text, or `?` on an [`anyhow::Error`]. The engine keeps the kind
/// and the location of a [`hot_reload::Error`](crate::Error) inside [`Other`](Self::Other), as in
/// `anyhow::Error::new(error).into()`.
#[allow(
    clippy::exhaustive_enums,
    reason = "existing programs match on it without a wildcard"
)]
pub enum ReloaderError<V, S = &'static str> {
    /// The service has ended, so no value can follow.
    WatchRecvError(RecvError),
    /// No receiver is left.
    WatchSendError(SendError<Option<V>>),
    /// The source failed, with the text of its author.
    Reload(S),
    /// Any other error.
    Other(anyhow::Error),
}

/// The result of the methods of the two traits.
pub type ReloadResult<T, V, S = &'static str> = Result<T, ReloaderError<V, S>>;

impl<V, S: fmt::Display> fmt::Display for ReloaderError<V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WatchRecvError(_) => f.write_str("the service has ended; no value can follow"),
            Self::WatchSendError(_) => f.write_str("no receiver is left"),
            Self::Reload(text) => {
                let text = super::one_line(secret::redact(&text.to_string()));
                write!(f, "reload failed: {text}")
            }
            Self::Other(error) => f.write_str(&super::one_line(secret::redact(&error.to_string()))),
        }
    }
}

impl<V, S: fmt::Display> fmt::Debug for ReloaderError<V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::WatchRecvError(_) => "WatchRecvError",
            Self::WatchSendError(_) => "WatchSendError",
            Self::Reload(_) => "Reload",
            Self::Other(error) => {
                return write!(f, "Other({})", secret::redact(&format!("{error:?}")));
            }
        };
        f.debug_tuple(name).field(&self.to_string()).finish()
    }
}

impl<V, S: fmt::Display> StdError for ReloaderError<V, S> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::WatchRecvError(error) => Some(error),
            // The error contains a `V`, which may not be `'static` as a source must.
            Self::WatchSendError(_) | Self::Reload(_) => None,
            Self::Other(error) => error.source(),
        }
    }
}

impl<V, S> From<RecvError> for ReloaderError<V, S> {
    fn from(error: RecvError) -> Self {
        Self::WatchRecvError(error)
    }
}

impl<V, S> From<SendError<Option<V>>> for ReloaderError<V, S> {
    fn from(error: SendError<Option<V>>) -> Self {
        Self::WatchSendError(error)
    }
}

impl<V, S> From<anyhow::Error> for ReloaderError<V, S> {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// Wraps the error for the traits. The engine unwraps it.
impl<V, S> From<Error> for ReloaderError<V, S> {
    fn from(error: Error) -> Self {
        Self::Other(anyhow::Error::new(error))
    }
}

/// Converts an error of the traits to one without the type of the value.
impl<V, S> From<ReloaderError<V, S>> for Error
where
    S: Into<Cow<'static, str>> + fmt::Display,
{
    fn from(error: ReloaderError<V, S>) -> Self {
        match error {
            ReloaderError::Reload(text) => Self::new(ErrorKind::Other, text.into()),
            ReloaderError::Other(error) => Self::from_chain(error),
            gone @ (ReloaderError::WatchRecvError(_) | ReloaderError::WatchSendError(_)) => {
                Self::new(ErrorKind::Stopped, gone.to_string())
            }
        }
    }
}

impl Error {
    /// Takes an [`Error`] out of the chain and keeps the context around it. Any other chain becomes its texts.
    pub(crate) fn from_chain(error: anyhow::Error) -> Self {
        let (mut context, mut is_ours) = (Vec::new(), false);
        for cause in error.chain() {
            is_ours = cause.is::<Self>();
            if is_ours {
                // An `Error` contains the causes below it.
                break;
            }
            context.push(cause.to_string());
        }
        let context = context.join(": ");
        match error.downcast::<Self>() {
            Ok(inner) if is_ours && context.is_empty() => inner,
            Ok(inner) => inner.context(&context),
            Err(_) => Self::new(ErrorKind::Other, context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Location;

    #[test]
    fn error_inside_other_keeps_its_kind() {
        let inner = Error::new(ErrorKind::Decode, "bad");
        let outer = ReloaderError::<(), String>::Other(anyhow::Error::new(inner));
        assert_eq!(Error::from(outer).kind(), ErrorKind::Decode);
    }

    #[test]
    fn error_inside_other_keeps_its_location_and_its_cause() {
        let inner = Error::new(ErrorKind::Unavailable, "cannot")
            .at(Location::new("app.toml"))
            .with_source(std::io::Error::from_raw_os_error(13));
        let outer = Error::from(ReloaderError::<(), String>::from(inner));
        assert_eq!(outer.to_string(), "app.toml: cannot");
        assert!(outer.location().is_some());
        assert!(outer.source().is_some());
    }

    #[test]
    fn context_around_an_error_is_kept_with_its_kind() {
        let inner = Error::new(ErrorKind::Denied, "wrong password");
        let chain = anyhow::Error::new(inner).context("reading the users table");
        let error = Error::from(ReloaderError::<(), String>::Other(chain));
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert_eq!(error.to_string(), "reading the users table: wrong password");
    }

    #[test]
    fn context_around_an_error_keeps_its_location_first() {
        let place = Location::new("y.toml").line(1, 5).path("a");
        let inner = Error::new(ErrorKind::Decode, "expected u8, found 300")
            .at(place.clone())
            .with_revision(crate::revision::Revision::from(7_u64));
        let chain = anyhow::Error::new(inner).context("inner").context("outer");
        let error = Error::from(ReloaderError::<(), String>::Other(chain));
        assert_eq!(
            error.to_string(),
            "y.toml:1:5: a: outer: inner: expected u8, found 300"
        );
        assert_eq!(error.location(), Some(&place));
        assert!(error.revision().is_some());
    }

    #[test]
    fn error_trait_does_not_require_debug_of_the_value() {
        struct Plain;
        fn is_error<E: StdError>() {}
        is_error::<ReloaderError<Plain, String>>();
    }
}
