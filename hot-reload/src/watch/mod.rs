//! [`RealtimeWatch`]: a source that reports changes.

mod profile;

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::error::{Error, ErrorKind, ReloadResult};
use crate::hints::{Content, HintSender, Subscription};
use crate::reload::{Loaded, Reload};

pub use self::profile::WatchProfile;

/// A [`Reload`] whose source reports changes.
///
/// Implement [`watch_hints`](Self::watch_hints). Implement [`watch_realtime`](Self::watch_realtime) instead only if your watch sends
/// values, or for release 0.3.6.
///
/// # Contract
///
/// 1. When `watch_hints` or `watch_realtime` returns, the watch is open: every later change of the source leads to an event. The
///    service opens the watch *before* it loads, and loads again after every opening, so no change between the two is lost.
/// 2. An event is a hint: it only means that something may have changed. Events may be repeated or merged. A watch should not
///    miss changes; if it does, the heartbeat of a hybrid service finds them.
/// 3. The watch ends with [`lost`](HintSender::lost) or with the last sender; a watch of `watch_realtime` ends with an
///    [`Error`](WatchEvent::Error) or when its channel closes. The service then polls, and opens a new watch after a back-off.
/// 4. Dropping the subscription or the handle releases everything that the watch holds.
/// 5. A slow service does not block the source. If the channel of `watch_realtime` is full, the source drops the event, because
///    an event that is already in the channel has the same meaning.
/// 6. A service calls `watch_hints` first, and `watch_realtime` only after the answer `None`.
///
/// # Example
///
/// ```
/// use hot_reload::source::{HintSender, Subscription};
/// use hot_reload::{RealtimeWatch, Reload, ReloadResult, async_trait};
/// use tokio::sync::watch;
///
/// /// A text that another part of the program sets.
/// #[derive(Clone)]
/// struct Motto(watch::Receiver<String>);
///
/// #[async_trait]
/// impl Reload<String> for Motto {
///     type Source = watch::Receiver<String>;
///
///     async fn new(text: &Self::Source) -> ReloadResult<Self, String> {
///         Ok(Self(text.clone()))
///     }
///
///     async fn reload(&self) -> ReloadResult<Option<String>, String> {
///         Ok(Some(self.0.borrow().clone()))
///     }
/// }
///
/// #[async_trait]
/// impl RealtimeWatch<String> for Motto {
///     async fn watch_hints(&self, hints: HintSender) -> ReloadResult<Option<Subscription>, String> {
///         let mut text = self.0.clone();
///         text.mark_unchanged();
///         Ok(Some(Subscription::task(tokio::spawn(async move {
///             // The watch ends with the sender of the text, because the task then drops `hints`.
///             while text.changed().await.is_ok() {
///                 hints.hint();
///             }
///         }))))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), hot_reload::Error> {
/// let (set, text) = watch::channel("keep the last good value".to_owned());
/// let (motto, _control) = hot_reload::ReloaderService::watch(Motto(text)).start().await?;
/// let mut changes = motto.subscribe();
/// set.send_replace("never serve a bad one".to_owned());
/// assert_eq!(*changes.changed().await.unwrap(), "never serve a bad one");
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no watch for a value of type `{V}`",
    label = "this source can only be polled",
    note = "leave out `hybrid` or `realtime`, and the service polls at its interval",
    note = "or implement `RealtimeWatch`; for a source from a closure, call `watch_with`"
)]
#[async_trait]
pub trait RealtimeWatch<V, S = &'static str>: Reload<V, S>
where
    S: Into<Cow<'static, str>> + Display,
{
    /// Opens the watch. Provided: an error, for a source that implements [`watch_hints`](Self::watch_hints), which services call
    /// first.
    ///
    /// # Errors
    ///
    /// If the watch cannot be opened. The service polls and tries again.
    ///
    /// # Cancel safety
    ///
    /// Must be cancel safe: the service drops the future at its deadline of 10 s, and at its end.
    #[allow(
        clippy::type_complexity,
        reason = "it is what `async_trait` makes of an implementor's `async fn`"
    )]
    fn watch_realtime<'life0, 'async_trait>(
        &'life0 self,
    ) -> Pin<
        Box<dyn Future<Output = ReloadResult<RealtimeWatchHandle<V>, V, S>> + Send + 'async_trait>,
    >
    where
        'life0: 'async_trait,
        V: 'async_trait,
        S: 'async_trait,
        Self: 'async_trait,
    {
        // Written without `async_trait`, which would ask that `Self` be `Sync`.
        Box::pin(async {
            let text =
                "`watch_realtime` is not implemented; the watch of this source is `watch_hints`";
            Err(Error::new(ErrorKind::Misconfigured, text).into())
        })
    }

    /// Opens a watch that sends only hints and content, to `hints`, until the subscription is dropped. Provided: `None`; the
    /// service then calls [`watch_realtime`](Self::watch_realtime). After [`Subscription::none`], it only polls.
    ///
    /// # Errors
    ///
    /// As [`watch_realtime`](Self::watch_realtime), which the service does not call after an error.
    ///
    /// # Cancel safety
    ///
    /// Must be cancel safe, too.
    #[allow(
        clippy::type_complexity,
        reason = "it is what `async_trait` makes of an implementor's `async fn`"
    )]
    fn watch_hints<'life0, 'async_trait>(
        &'life0 self,
        hints: HintSender,
    ) -> Pin<Box<dyn Future<Output = ReloadResult<Option<Subscription>, V, S>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        V: 'async_trait,
        S: 'async_trait,
        Self: 'async_trait,
    {
        // Written without `async_trait`, which would ask that `Self` be `Sync`.
        drop(hints);
        Box::pin(async { Ok(None) })
    }

    /// Decodes content that the watch has [delivered](HintSender::content). Provided: `None`; the service then loads, as after a
    /// hint.
    ///
    /// The answer is that of [`reload_since`](Reload::reload_since) for the same content: a value with its revision, or
    /// [`Loaded::Emptied`]. Runs inside the service's task.
    ///
    /// # Errors
    ///
    /// If the content is bad. The error should carry the revision ([`Error::with_revision`](crate::Error::with_revision)).
    fn decode_content(&self, content: Content) -> ReloadResult<Option<Loaded<V>>, V, S> {
        drop(content);
        Ok(None)
    }

    /// How the hints of this source behave. Provided: [`WatchProfile::unknown`].
    fn profile(&self) -> WatchProfile {
        WatchProfile::unknown()
    }
}

/// An event of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "it was exhaustive in 0.3.6; a further variant would again be a change that programs notice"
)]
pub enum WatchEvent<V> {
    /// The value is now this one. It goes through the same pipeline as a loaded value.
    Changed(V),
    /// The source has no value any more.
    ///
    /// A service started by [`start_with_realtime`](crate::ReloaderService::start_with_realtime) publishes `None`. A service of the
    /// builder loads again and follows its removal policy.
    Removed,
    /// The watch has ended, for this reason.
    Error(String),
    /// Something may have changed. The service loads.
    Hint,
}

/// An open watch: the channel of its events, and the resources that it holds.
///
/// ```
/// use hot_reload::{RealtimeWatchHandle, WatchEvent};
///
/// let (sender, receiver) = tokio::sync::mpsc::channel(1);
/// let handle = RealtimeWatchHandle::<String>::new(receiver);
/// // A full channel already has a hint.
/// let _ = sender.try_send(WatchEvent::Hint);
/// # drop(handle);
/// ```
#[allow(clippy::exhaustive_structs, reason = "it has a private field")]
pub struct RealtimeWatchHandle<V> {
    /// The events. The channel closes when the watch has ended.
    pub rx: mpsc::Receiver<WatchEvent<V>>,
    _cleanup: Option<Box<dyn Any + Send>>,
}

impl<V> RealtimeWatchHandle<V> {
    /// Makes a watch that ends when its channel is dropped.
    pub fn new(rx: mpsc::Receiver<WatchEvent<V>>) -> Self {
        Self { rx, _cleanup: None }
    }

    /// Makes a watch that ends when `cleanup` is dropped, together with the handle.
    pub fn with_cleanup(rx: mpsc::Receiver<WatchEvent<V>>, cleanup: Box<dyn Any + Send>) -> Self {
        Self {
            rx,
            _cleanup: Some(cleanup),
        }
    }
}

impl<V> fmt::Debug for RealtimeWatchHandle<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealtimeWatchHandle")
            .finish_non_exhaustive()
    }
}
