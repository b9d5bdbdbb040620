//! [`RealtimeWatch`]: what can say that its value may have changed.

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
use crate::hints::{HintSender, Subscription};
use crate::reload::Reload;

/// A [`Reload`] whose source announces changes.
///
/// # Contract
///
/// 1. When `watch_realtime` returns, the watch stands: every later change of the source leads to an event. The service
///    opens the watch *before* it loads, and loads again after every opening, so nothing is lost between the two.
/// 2. An event only means "look again". Events may be repeated, merged and too many; they should not be too few, but a
///    service survives that too, by its heartbeat.
/// 3. The watch ends when the channel closes or an [`Error`](WatchEvent::Error) comes through it. The service then
///    polls, and opens a new watch after a back-off.
/// 4. Dropping the handle releases everything that the watch holds.
/// 5. A slow service must not block the source: if the channel is full, an event may be left out, because one that is
///    already in the channel says the same.
/// 6. A source whose watch never says more than "look again" may offer [`watch_hints`](Self::watch_hints) as well. What
///    is said here of the watch holds for both: it stands on return, and it ends with an error or with the last sender.
///    A service then uses that one alone. It is smaller by more than a kibibyte, and hands the error on whole.
#[async_trait]
pub trait RealtimeWatch<V, S = &'static str>: Reload<V, S>
where
    S: Into<Cow<'static, str>> + Display,
{
    /// Opens the watch.
    ///
    /// # Errors
    ///
    /// Why there is no watch for now. The service polls, and tries again.
    ///
    /// # Cancel safety
    ///
    /// Must be cancel safe: the service drops the future at its deadline of 10 s, and at its end.
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<V>, V, S>;

    /// Opens a watch that only hints, if this source has one: it tells `hints` until the subscription is dropped.
    /// Provided: `None`, after which the service calls [`watch_realtime`](Self::watch_realtime).
    ///
    /// # Errors
    ///
    /// As [`watch_realtime`](Self::watch_realtime), which is not tried after one.
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

    /// How the announcements of this source behave. Provided: [`WatchProfile::unknown`].
    fn profile(&self) -> WatchProfile {
        WatchProfile::unknown()
    }
}

/// What a watch tells.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "it was exhaustive in 0.3.6; a further variant would again be a change that programs notice"
)]
pub enum WatchEvent<V> {
    /// The value is now this one. It goes through the same pipeline as a loaded value.
    Changed(V),
    /// The source holds nothing any more.
    ///
    /// A service started by [`start_with_realtime`](crate::ReloaderService::start_with_realtime) publishes `None`; the
    /// builder's services look again and follow their removal policy.
    Removed,
    /// The watch has ended, for this reason.
    Error(String),
    /// Something may have changed: look again.
    Hint,
}

/// An open watch: the channel of its events, and what must be dropped to end it.
#[allow(clippy::exhaustive_structs, reason = "it has a private field")]
pub struct RealtimeWatchHandle<V> {
    /// The events. The channel closes when the watch has ended.
    pub rx: mpsc::Receiver<WatchEvent<V>>,
    _cleanup: Option<Box<dyn Any + Send>>,
}

impl<V> RealtimeWatchHandle<V> {
    /// A watch that ends when its channel is dropped.
    pub fn new(rx: mpsc::Receiver<WatchEvent<V>>) -> Self {
        Self { rx, _cleanup: None }
    }

    /// A watch that ends when `cleanup` is dropped, which happens with the handle.
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

/// How the announcements of a source behave, from which the service takes its defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchProfile {
    /// How long hints must be silent before the service looks. Zero if a hint comes only when the source is at rest.
    pub quiet: Duration,
    /// The longest pause between two loads while there is no trusted watch, unless the service sets its own.
    pub interval: Duration,
    /// The longest pause between two loads of a hybrid service under a trusted watch.
    pub heartbeat: Duration,
    /// How late a hint may be for a change that a look has already found. Later than this, it was missed.
    pub grace: Duration,
    /// How many looks at once hints may cause, and how long each further one has to wait. `None`: no limit.
    pub rate: Option<(u32, Duration)>,
}

impl WatchProfile {
    /// A source of which nothing is known: 250 ms quiet (at most 1 s in all), interval 30 s, heartbeat 60 s, grace 10 s,
    /// two looks at once and one more each second.
    pub const fn unknown() -> Self {
        Self {
            quiet: Duration::from_millis(250),
            interval: Duration::from_secs(30),
            heartbeat: Duration::from_secs(60),
            grace: Duration::from_secs(10),
            rate: Some((2, Duration::from_secs(1))),
        }
    }

    /// A source on this machine that waits by itself until its content is at rest: looked at without delay, interval
    /// 10 s, heartbeat 60 s, grace 1 s.
    pub const fn local() -> Self {
        Self {
            quiet: Duration::ZERO,
            interval: Duration::from_secs(10),
            heartbeat: Duration::from_secs(60),
            grace: Duration::from_secs(1),
            rate: None,
        }
    }

    /// A store with transactions on another machine: looked at without delay, interval 30 s, heartbeat 5 min, grace
    /// 10 s, two looks at once and one more each second.
    pub const fn network() -> Self {
        Self {
            quiet: Duration::ZERO,
            interval: Duration::from_secs(30),
            heartbeat: Duration::from_secs(300),
            grace: Duration::from_secs(10),
            rate: Some((2, Duration::from_secs(1))),
        }
    }
}
