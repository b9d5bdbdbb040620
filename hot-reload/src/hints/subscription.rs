//! [`Subscription`]: keeps a watch open.

use std::any::Any;
use std::fmt;

use tokio::task::JoinHandle;

/// A subscription to the hints of a source. Dropping it ends it.
pub struct Subscription {
    guard: Option<Box<dyn Any + Send>>,
    covers_all: bool,
}

impl Subscription {
    /// Makes a subscription that lasts until `guard` is dropped.
    pub fn new(guard: impl Any + Send) -> Self {
        Self {
            guard: Some(Box::new(guard)),
            covers_all: true,
        }
    }

    /// Makes a subscription that aborts this task when it is dropped.
    ///
    /// ```
    /// use hot_reload::Error;
    /// use hot_reload::source::{HintSender, Subscription};
    /// use tokio::sync::broadcast;
    ///
    /// fn follow(mut feed: broadcast::Receiver<String>, hints: HintSender) -> Subscription {
    ///     Subscription::task(tokio::spawn(async move {
    ///         // If the feed has dropped messages, a change may be among them.
    ///         while let Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) = feed.recv().await {
    ///             hints.hint();
    ///         }
    ///         // The task drops `hints`, so the watch ends. The service polls, and opens a new watch.
    ///     }))
    /// }
    /// ```
    pub fn task<T: Send + 'static>(task: JoinHandle<T>) -> Self {
        Self::new(AbortOnDrop(task))
    }

    /// The answer of a source without a watch.
    ///
    /// A service then only polls, as long as it runs, and says so once in the log and in
    /// [`Status::watch_error`](crate::Status::watch_error). If the watch may work later, return an error instead: the service
    /// opens the watch again.
    pub const fn none() -> Self {
        Self {
            guard: None,
            covers_all: true,
        }
    }

    /// Whether the source has no watch: [`none`](Self::none).
    pub const fn is_none(&self) -> bool {
        self.guard.is_none()
    }

    /// Says that a part of the source has no watch. The service polls at its interval, and a change that a poll finds does not
    /// count as missed.
    #[cfg(feature = "layers")]
    pub(crate) fn in_part(self) -> Self {
        Self {
            covers_all: false,
            ..self
        }
    }

    /// Whether the whole source is watched, if it has a watch.
    pub(crate) const fn covers_all(&self) -> bool {
        self.covers_all
    }

    /// Keeps this guard, too, unless there is no watch.
    #[cfg(feature = "dir")]
    pub(crate) fn with(self, guard: impl Any + Send) -> Self {
        Self {
            guard: self.guard.map(|watch| Box::new((watch, guard)) as _),
            ..self
        }
    }

    /// The guard itself, for a watch handle. `None` if there is no watch.
    pub(crate) fn into_guard(self) -> Option<Box<dyn Any + Send>> {
        self.guard
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
