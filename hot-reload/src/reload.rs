//! [`Reload`]: loads a typed value from its source.

use std::borrow::Cow;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::{Error, ErrorKind, Location, ReloadResult};
use crate::revision::Revision;
use crate::snapshot::Snapshot;
use crate::status::{Hold, SourceStatus};

/// Loads a typed value from its source.
///
/// `V` is the value, `S` the text type of [`ReloaderError::Reload`](crate::ReloaderError::Reload). Implement it with
/// `#[async_trait]`; only [`new`](Self::new) and [`reload`](Self::reload) are required.
///
/// # Contract
///
/// 1. `new` loads nothing. It only makes the object from the name or options of the source.
/// 2. `reload` returns the value that the source has now, not an earlier one.
/// 3. `Ok(None)` means that the source has no content now. That is not an error; the service follows its removal policy.
/// 4. An error means that the source cannot be loaded, or that its content is bad. The service keeps the last good value and
///    loads again later.
/// 5. The service may drop the returned future at any `.await`: at a deadline, or at its end. The future then leaves nothing
///    behind.
/// 6. A service never calls `reload` twice at once.
///
/// # Examples
///
/// ```
/// use hot_reload::{Reload, ReloadResult, ReloaderError, async_trait};
///
/// #[derive(Clone)]
/// struct Greeting;
///
/// #[async_trait]
/// impl Reload<String> for Greeting {
///     type Source = ();
///
///     async fn new(_: &()) -> ReloadResult<Self, String> {
///         Ok(Self)
///     }
///
///     async fn reload(&self) -> ReloadResult<Option<String>, String> {
///         match std::env::current_dir() {
///             Ok(folder) => Ok(Some(format!("hello from {}", folder.display()))),
///             Err(_) => Err(ReloaderError::Reload("there is no current folder")),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of `{V}` values",
    label = "this is not a `Reload<{V}>`",
    note = "a source of bytes needs a decoder: `File::new(\"app.toml\").decode(Toml::<AppConfig>::new())`",
    note = "a function is a source by `source::from_fn(name, || async {{ .. }})`"
)]
#[async_trait]
pub trait Reload<V, S = &'static str>
where
    S: Into<Cow<'static, str>> + Display,
{
    /// The name or options of the source, such as a path.
    type Source;

    /// Makes the reloader. Loads nothing.
    ///
    /// # Errors
    ///
    /// If the name or options are invalid.
    async fn new(source: &Self::Source) -> ReloadResult<Self, V, S>
    where
        Self: Sized;

    /// Loads the value that the source has now. `None` if the source has no content.
    ///
    /// # Errors
    ///
    /// If the source cannot be loaded, or if its content is bad. The kind of an [`Error`] inside
    /// [`ReloaderError::Other`](crate::ReloaderError::Other) says which.
    ///
    /// # Cancel safety
    ///
    /// Must be cancel safe: see the contract.
    async fn reload(&self) -> ReloadResult<Option<V>, V, S>;

    /// The name of the source in logs and errors: a path, a key, a URL without credentials. Provided: `None`.
    fn source_name(&self) -> Option<String> {
        None
    }

    /// The state of the source: its degradations and its counters. Provided: `None`.
    ///
    /// The service calls it after every load and every change of the watch, so it must be cheap and must not block.
    /// [`Control::status`](crate::Control::status) shows the answer. The service logs each degradation when it appears and when it
    /// ends, so a source need not log it.
    fn source_status(&self) -> Option<SourceStatus> {
        None
    }

    /// Notifies the source that this snapshot is visible. Provided: does nothing.
    ///
    /// A loaded value may be rejected, held or rolled back, so a source that reports on its value needs to know the visible one.
    /// The revision of the snapshot identifies the load. The service calls it before each call of
    /// [`source_status`](Self::source_status), so it must be cheap and must not block. It may pass the same snapshot many times.
    fn published(&self, visible: &Snapshot<V>) {
        let _ = visible;
    }

    /// Loads the value, unless the source is still at the revision `seen`. Provided: calls [`reload`](Self::reload).
    ///
    /// Override it if the source can answer "unchanged" without sending its content. `seen` is the revision of the last load,
    /// whether its content was good or rejected. `None` asks for the content in any case. An error about content should carry its
    /// revision ([`Error::with_revision`](crate::Error::with_revision)).
    ///
    /// # Errors
    ///
    /// As [`reload`](Self::reload).
    #[allow(
        clippy::type_complexity,
        reason = "it is what `async_trait` makes of an implementor's `async fn`"
    )]
    fn reload_since<'life0, 'life1, 'async_trait>(
        &'life0 self,
        seen: Option<&'life1 Revision>,
    ) -> Pin<Box<dyn Future<Output = ReloadResult<Loaded<V>, V, S>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        V: 'async_trait,
        S: 'async_trait,
        Self: 'async_trait,
    {
        // Written without `async_trait`, which would ask that `Self` be `Sync`.
        let _ = seen;
        let value = self.reload();
        Box::pin(async move {
            Ok(match value.await? {
                Some(value) => Loaded::Value {
                    value,
                    revision: None,
                },
                None => Loaded::Missing,
            })
        })
    }

    /// Loads the value for a [plan](crate::Control::plan), without an effect on later loads and on
    /// [`source_status`](Self::source_status). Provided: calls [`reload_since`](Self::reload_since).
    ///
    /// Override it only if a load changes the answers of later loads, or the reported status.
    ///
    /// # Errors
    ///
    /// As [`reload`](Self::reload).
    #[allow(
        clippy::type_complexity,
        reason = "it is what `async_trait` makes of an implementor's `async fn`"
    )]
    fn plan_since<'life0, 'life1, 'async_trait>(
        &'life0 self,
        seen: Option<&'life1 Revision>,
    ) -> Pin<Box<dyn Future<Output = ReloadResult<Loaded<V>, V, S>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        V: 'async_trait,
        S: 'async_trait,
        Self: 'async_trait,
    {
        self.reload_since(seen)
    }
}

impl<V> Loaded<V> {
    /// The answer to a load without a `seen` revision, to which "unchanged" is no valid answer.
    pub(crate) fn whole(self) -> Result<Option<V>, Error> {
        match self {
            Self::Value { value, .. } => Ok(Some(value)),
            Self::Emptied { value, file, .. } => {
                value.map(Some).ok_or_else(|| emptied(file, false))
            }
            Self::Missing => Ok(None),
            Self::Unchanged => Err(unasked()),
            Self::Held { hold, .. } => Err(Error::new(ErrorKind::Unavailable, hold.message)),
        }
    }
}

/// The error about a source, or one of its files, that has become empty. `stays`: a value is visible and stays.
pub(crate) fn emptied(file: Option<String>, stays: bool) -> Error {
    let text = match stays {
        true => "is empty; the last good value stays until it has content again",
        false => "is empty",
    };
    let error = Error::new(ErrorKind::Decode, text);
    match file {
        Some(file) => error.at(Location::new(file)),
        None => error,
    }
}

/// The answer of a source whose content is blank. If it has never held content, the decoder's error says more.
pub(crate) fn blank<V>(
    decoded: Result<V, Error>,
    revision: Revision,
    file: Option<String>,
    had_content: bool,
) -> Result<Loaded<V>, Error> {
    match decoded {
        Err(error) if !had_content => Err(error.with_revision(revision)),
        decoded => Ok(Loaded::Emptied {
            value: decoded.ok(),
            revision: Some(revision),
            file,
        }),
    }
}

/// The error of a source that answers "unchanged" to a load without a `seen` revision.
pub(crate) fn unasked() -> Error {
    Error::new(
        ErrorKind::Other,
        "the source answered \"unchanged\" to a load without a revision",
    )
}

/// The result of a load.
///
/// ```
/// use hot_reload::{Loaded, Revision};
///
/// fn answer(version: u64, seen: Option<&Revision>) -> Loaded<String> {
///     let revision = Revision::from(version);
///     if seen == Some(&revision) {
///         return Loaded::Unchanged;
///     }
///     Loaded::Value { value: format!("version {version}"), revision: Some(revision) }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loaded<V> {
    /// A value, with its revision if the source has revisions.
    Value {
        /// The value.
        value: V,
        /// The revision of the content.
        revision: Option<Revision>,
    },
    /// The source is still at the revision of the last load.
    Unchanged,
    /// The source, or one file of several, is empty or blank.
    ///
    /// If the last good content was not blank, a service treats this like a removal: it loads again a second later. If
    /// the whole source is still empty, it follows its [`RemovalPolicy`](crate::policy::RemovalPolicy). Otherwise the
    /// last good value stays. At the start, the content of the kept [`LastGood`](crate::policy::LastGood) value counts as the last
    /// good content. If there is none, empty content is treated like any other. If the kept value cannot be read now, the load
    /// fails and is retried.
    Emptied {
        /// The value decoded from the empty content, if that succeeds. A source that has never held more than blank content
        /// returns the decoder's error instead of `None`.
        value: Option<V>,
        /// The revision of the content.
        revision: Option<Revision>,
        /// The name of the empty file, if other files of the source are not empty.
        file: Option<String>,
    },
    /// The source has no content.
    Missing,
    /// The content is not ready, such as a file that somebody is writing. The visible value stays, and the load counts
    /// neither as good nor as failed.
    Held {
        /// The reason, since when, and what ends it.
        hold: Hold,
        /// The longest time until the next load; a hint shortens it.
        again: Duration,
    },
}
