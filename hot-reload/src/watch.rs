//! [`RealtimeWatch`]: a source that reports changes.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::error::ReloadResult;
use crate::hints::{Content, HintSender, Subscription};
use crate::reload::{Loaded, Reload};

/// A [`Reload`] whose source reports changes.
///
/// # Contract
///
/// 1. When `watch_realtime` returns, the watch is open: every later change of the source leads to an event. The service opens
///    the watch *before* it loads, and loads again after every opening, so no change between the two is lost.
/// 2. An event is a hint: it only means that something may have changed. Events may be repeated or merged. A watch should not
///    miss changes; if it does, the heartbeat of a hybrid service finds them.
/// 3. The watch ends when the channel closes or an [`Error`](WatchEvent::Error) comes through it. The service then polls, and
///    opens a new watch after a back-off.
/// 4. Dropping the handle releases everything that the watch holds.
/// 5. A slow service does not block the source. If the channel is full, the source drops the event, because an event that is
///    already in the channel has the same meaning.
/// 6. A source whose watch only sends hints or content may implement [`watch_hints`](Self::watch_hints), too. Rules 1 to 4 apply to
///    it: it is open on return, and ends with an error or with the last sender. Services prefer it: it saves about 1 KiB per watch
///    and keeps the error's type.
///
/// # Example
///
/// ```
/// use std::time::Duration;
///
/// use hot_reload::{
///     RealtimeWatch, RealtimeWatchHandle, Reload, ReloadResult, WatchEvent, async_trait,
/// };
/// use tokio::sync::mpsc;
/// # struct Motto;
/// # #[async_trait]
/// # impl Reload<String> for Motto {
/// #     type Source = ();
/// #     async fn new(_: &()) -> ReloadResult<Self, String> { Ok(Self) }
/// #     async fn reload(&self) -> ReloadResult<Option<String>, String> { Ok(None) }
/// # }
///
/// #[async_trait]
/// impl RealtimeWatch<String> for Motto {
///     async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<String>, String> {
///         let (sender, receiver) = mpsc::channel(1);
///         let task = tokio::spawn(async move {
///             // In a real source: for each notification of the store.
///             loop {
///                 tokio::time::sleep(Duration::from_secs(60)).await;
///                 let _ = sender.try_send(WatchEvent::Hint);
///             }
///         });
///         Ok(RealtimeWatchHandle::with_cleanup(receiver, Box::new(Abort(task))))
///     }
/// }
///
/// /// Ends the task when the service drops the watch.
/// struct Abort(tokio::task::JoinHandle<()>);
///
/// impl Drop for Abort {
///     fn drop(&mut self) {
///         self.0.abort();
///     }
/// }
/// ```
#[async_trait]
pub trait RealtimeWatch<V, S = &'static str>: Reload<V, S>
where
    S: Into<Cow<'static, str>> + Display,
{
    /// Opens the watch.
    ///
    /// # Errors
    ///
    /// If the watch cannot be opened. The service polls and tries again.
    ///
    /// # Cancel safety
    ///
    /// Must be cancel safe: the service drops the future at its deadline of 10 s, and at its end.
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<V>, V, S>;

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

/// How the hints of a source behave. A service takes its defaults from it.
///
/// ```
/// use std::time::Duration;
///
/// use hot_reload::source::WatchProfile;
///
/// const PROFILE: WatchProfile = WatchProfile::network()
///     .with_heartbeat(Duration::from_secs(30))
///     .with_rate(5, Duration::from_secs(1));
/// assert_eq!(PROFILE.interval, Duration::from_secs(30), "as in the profile of a network");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchProfile {
    /// The debounce window: the service loads once no hint has arrived for this long. Zero for a source that sends a hint only
    /// when its content is at rest.
    pub debounce: Duration,
    /// The longest pause between two loads while there is no trusted watch, unless the service sets its own.
    pub interval: Duration,
    /// The longest pause between two loads of a hybrid service under a trusted watch.
    pub heartbeat: Duration,
    /// The longest delay of a hint. If a load finds a change, and no hint arrives within this time, the watch has missed the
    /// change.
    pub grace: Duration,
    /// The limit of loads that hints cause: this many at once, then one more after each pause. `None`: no limit.
    pub rate: Option<(u32, Duration)>,
    /// The idle timeout of a watch: how long it may send neither a hint, nor content, nor
    /// [a sign of life](crate::source::HintSender::alive). The service then closes the watch, loads, and opens it again after a
    /// back-off. At least 1 s. `None`: no timeout.
    ///
    /// Set it for a connection that can die without an error, to about three times the heartbeat of its protocol. Otherwise,
    /// only the heartbeat of a hybrid service finds the changes that such a connection misses.
    pub idle: Option<Duration>,
}

impl WatchProfile {
    /// The profile of an unknown source. Debounce 250 ms (1 s at most), interval 30 s, heartbeat 60 s, grace 10 s; two loads
    /// at once, and one more each second; no idle timeout.
    pub const fn unknown() -> Self {
        Self {
            debounce: Duration::from_millis(250),
            interval: Duration::from_secs(30),
            heartbeat: Duration::from_secs(60),
            grace: Duration::from_secs(10),
            rate: Some((2, Duration::from_secs(1))),
            idle: None,
        }
    }

    /// The profile of a local source that waits until its content is at rest. No debounce, interval 10 s, heartbeat 60 s,
    /// grace 1 s, no limit of loads, no idle timeout.
    pub const fn local() -> Self {
        Self {
            debounce: Duration::ZERO,
            interval: Duration::from_secs(10),
            heartbeat: Duration::from_secs(60),
            grace: Duration::from_secs(1),
            rate: None,
            idle: None,
        }
    }

    /// The profile of a remote store with transactions. No debounce, interval 30 s, heartbeat 5 min, grace 10 s; two loads
    /// at once, and one more each second; no idle timeout.
    pub const fn network() -> Self {
        Self {
            debounce: Duration::ZERO,
            interval: Duration::from_secs(30),
            heartbeat: Duration::from_secs(300),
            grace: Duration::from_secs(10),
            rate: Some((2, Duration::from_secs(1))),
            idle: None,
        }
    }

    /// Sets the [debounce window](Self::debounce).
    #[must_use]
    pub const fn with_debounce(self, debounce: Duration) -> Self {
        Self { debounce, ..self }
    }

    /// Sets the [longest pause without a trusted watch](Self::interval).
    #[must_use]
    pub const fn with_interval(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// Sets the [longest pause under a trusted watch](Self::heartbeat).
    #[must_use]
    pub const fn with_heartbeat(self, heartbeat: Duration) -> Self {
        Self { heartbeat, ..self }
    }

    /// Sets the [longest delay of a hint](Self::grace).
    #[must_use]
    pub const fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Limits the loads that hints may cause: `burst` at once, and one more after each `pause`.
    #[must_use]
    pub const fn with_rate(self, burst: u32, pause: Duration) -> Self {
        Self {
            rate: Some((burst, pause)),
            ..self
        }
    }

    /// Sets the [idle timeout](Self::idle) of a watch.
    #[must_use]
    pub const fn with_idle(self, idle: Duration) -> Self {
        Self {
            idle: Some(idle),
            ..self
        }
    }

    /// Removes the limit of loads that hints may cause.
    #[must_use]
    pub const fn without_rate(self) -> Self {
        Self { rate: None, ..self }
    }
}
