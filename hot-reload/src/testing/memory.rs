//! [`Memory`]: a source in memory, for tests.

use std::fmt;
use std::future::pending;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::error::{Error, ErrorKind, ReloadResult};
use crate::hints::{HintSender, Subscription};
use crate::live::Live;
use crate::locks::lock;
use crate::reload::{Loaded, Reload};
use crate::revision::Revision;
use crate::service::{Builder, Control, ReloaderService};
use crate::watch::{RealtimeWatch, RealtimeWatchHandle, WatchEvent, WatchProfile};

/// A source in memory, for tests of code that uses a [`Live`] and a [`Control`].
///
/// Its service is a real one: the test changes the source, and sees what an application sees. Cloning is cheap; all clones are
/// the same source. Each change sends a hint if a watch is open. Nothing in it depends on a clock, so a test under paused time
/// has the same course each time.
///
/// # Default
///
/// The watch can be opened. Timing is that of a local file ([`WatchProfile::local`]).
///
/// # Example
///
/// ```
/// use hot_reload::testing::Memory;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), hot_reload::Error> {
/// let source = Memory::new(80_u16);
/// let (port, control) = source.start().await?;
/// assert_eq!(*port.load(), 80);
///
/// source.set(8080);
/// assert!(control.barrier().await.is_current());
/// assert_eq!(*port.load(), 8080);
///
/// // A source that does not answer: the load ends at its deadline, at once under paused time.
/// source.hang();
/// let receipt = control.reload().await;
/// assert_eq!(receipt.outcome.as_str(), "failed");
/// assert_eq!(*port.load(), 8080);
/// # Ok(()) }
/// ```
pub struct Memory<V>(Arc<Mutex<State<V>>>);

struct State<V> {
    content: Content<V>,
    /// The number of the content, which is its revision.
    number: u64,
    /// The watches that were opened and not lost.
    watches: Vec<Watch<V>>,
    /// Whether a watch can be opened.
    has_watch: bool,
    loads: usize,
}

enum Content<V> {
    Value(V),
    Missing,
    Failing(Error),
    Hanging,
}

enum Watch<V> {
    Hints(HintSender),
    Events(mpsc::Sender<WatchEvent<V>>),
}

impl<V> Memory<V> {
    /// Creates a source with this value.
    pub fn new(value: V) -> Self {
        Self::with(Content::Value(value))
    }

    /// Creates a source without content.
    pub fn missing() -> Self {
        Self::with(Content::Missing)
    }

    fn with(content: Content<V>) -> Self {
        Self(Arc::new(Mutex::new(State {
            content,
            number: 0,
            watches: Vec::new(),
            has_watch: true,
            loads: 0,
        })))
    }

    /// Sets the value, and sends a hint.
    pub fn set(&self, value: V) {
        self.change(Content::Value(value), true);
    }

    /// Sets the value without a hint, as a watch does that misses a change.
    pub fn set_silently(&self, value: V) {
        self.change(Content::Value(value), false);
    }

    /// Removes the content, and sends a hint.
    pub fn remove(&self) {
        self.change(Content::Missing, true);
    }

    /// Lets each load fail from now on, and sends a hint. A text becomes an error of the kind
    /// [`Unavailable`](ErrorKind::Unavailable); [`fail_with`](Self::fail_with) takes an error.
    pub fn fail(&self, message: impl Into<String>) {
        self.fail_with(Error::new(ErrorKind::Unavailable, message.into()));
    }

    /// As [`fail`](Self::fail), with this error. If its kind is [`Decode`](ErrorKind::Decode), the content is rejected.
    pub fn fail_with(&self, error: Error) {
        self.change(Content::Failing(error), true);
    }

    /// Lets each load that begins from now on wait for ever, and sends a hint. Such a load ends at its deadline, even if the
    /// content is set meanwhile.
    pub fn hang(&self) {
        self.change(Content::Hanging, true);
    }

    /// Ends the open watches, and lets no other be opened until [`restore_watch`](Self::restore_watch).
    pub fn lose_watch(&self) {
        let watches = {
            let mut state = self.state();
            state.has_watch = false;
            mem::take(&mut state.watches)
        };
        for watch in watches {
            watch.lose();
        }
    }

    /// Lets a watch be opened again. A service does so after its back-off: at least 0.5 s, at most 30 s. A
    /// [`reload`](Control::reload) makes it try at once.
    pub fn restore_watch(&self) {
        self.state().has_watch = true;
    }

    /// The number of loads that have begun.
    pub fn loads(&self) -> usize {
        self.state().loads
    }

    /// Whether a watch is open.
    pub fn is_watched(&self) -> bool {
        let state = self.state();
        state.watches.iter().any(|watch| !watch.is_closed())
    }

    fn change(&self, content: Content<V>, announce: bool) {
        let mut state = self.state();
        let before = mem::replace(&mut state.content, content);
        state.number += 1;
        state.watches.retain(|watch| !watch.is_closed());
        if announce {
            state.watches.iter().for_each(Watch::hint);
        }
        // A value of the test may use the source when it is dropped.
        drop(state);
        drop(before);
    }

    fn open(&self, watch: Watch<V>) -> Result<(), Error> {
        let mut state = self.state();
        if !state.has_watch {
            return Err(lost());
        }
        state.watches.push(watch);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State<V>> {
        lock(&self.0)
    }
}

impl<V: Clone + PartialEq + Send + Sync + 'static> Memory<V> {
    /// Starts a [`hybrid`](Builder::hybrid) service with the default options.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`], if the source has no value now.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn start(&self) -> Result<(Live<V>, Control<V>), Error> {
        self.builder().hybrid().start().await
    }

    /// Configures a service on this source. It polls, unless [`hybrid`](Builder::hybrid) or [`realtime`](Builder::realtime) is
    /// called.
    pub fn builder(&self) -> Builder<Self, V, String> {
        ReloaderService::builder(self.clone())
    }
}

impl<V> Watch<V> {
    fn hint(&self) {
        match self {
            Self::Hints(hints) => hints.hint(),
            // An error means that the channel is closed, or that a hint is already waiting.
            Self::Events(events) => _ = events.try_send(WatchEvent::Hint),
        }
    }

    fn is_closed(&self) -> bool {
        match self {
            Self::Hints(hints) => hints.is_closed(),
            Self::Events(events) => events.is_closed(),
        }
    }

    fn lose(self) {
        match self {
            Self::Hints(hints) => hints.lost(&lost()),
            // The channel closes.
            Self::Events(events) => drop(events),
        }
    }
}

fn lost() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the test closed the watch by `lose_watch`",
    )
}

#[async_trait]
impl<V: Clone + Send + Sync + 'static> Reload<V, String> for Memory<V> {
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, V, String> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<V>, V, String> {
        match self.reload_since(None).await? {
            Loaded::Value { value, .. } => Ok(Some(value)),
            _ => Ok(None),
        }
    }

    fn source_name(&self) -> Option<String> {
        Some("memory".to_owned())
    }

    async fn reload_since(&self, seen: Option<&Revision>) -> ReloadResult<Loaded<V>, V, String> {
        {
            let mut state = self.state();
            state.loads += 1;
            let revision = Revision::from(state.number);
            match &state.content {
                Content::Value(_) if seen == Some(&revision) => return Ok(Loaded::Unchanged),
                Content::Value(value) => {
                    return Ok(Loaded::Value {
                        value: value.clone(),
                        revision: Some(revision),
                    });
                }
                Content::Missing => return Ok(Loaded::Missing),
                Content::Failing(error) => {
                    let error = error.clone().with_revision(revision);
                    return Err(anyhow::Error::new(error).into());
                }
                Content::Hanging => {}
            }
        }
        pending().await
    }
}

#[async_trait]
impl<V: Clone + Send + Sync + 'static> RealtimeWatch<V, String> for Memory<V> {
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<V>, V, String> {
        let (sender, events) = mpsc::channel(1);
        self.open(Watch::Events(sender))
            .map_err(anyhow::Error::new)?;
        Ok(RealtimeWatchHandle::new(events))
    }

    async fn watch_hints(
        &self,
        hints: HintSender,
    ) -> ReloadResult<Option<Subscription>, V, String> {
        self.open(Watch::Hints(hints)).map_err(anyhow::Error::new)?;
        Ok(Some(Subscription::new(())))
    }

    fn profile(&self) -> WatchProfile {
        WatchProfile::local()
    }
}

impl<V> Clone for Memory<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Shows no value, which may be secret.
impl<V> fmt::Debug for Memory<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Memory")
            .field("number", &state.number)
            .field("loads", &state.loads)
            .field("has_watch", &state.has_watch)
            .finish_non_exhaustive()
    }
}
