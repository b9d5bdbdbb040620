//! [`Iter`]: a stream as an iterator that blocks.

use std::fmt;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tracing::error;

use super::wait::{wait, wait_timeout};
use crate::error::Error;

/// A stream of this crate as an iterator that blocks: from [`iter`].
#[must_use = "an iterator does nothing unless it is read"]
pub struct Iter<S>(S);

/// Makes an iterator that blocks: of the [`Changes`](crate::Changes) of a value or of a part, or of the
/// [`Events`](crate::event::Events) of a service or a registry.
///
/// ```no_run
/// use hot_reload::blocking;
///
/// # fn example(config: hot_reload::Live<String>) {
/// for now in blocking::iter(config.subscribe()) {
///     println!("generation {}: {}", now.generation(), *now);
/// }
/// println!("the service has stopped");
/// # }
/// ```
pub fn iter<S: Stream + Unpin>(stream: S) -> Iter<S> {
    Iter(stream)
}

impl<S: Stream + Unpin> Iter<S> {
    /// Blocks until the next item, for at most `limit`. Returns `None` once the service has stopped.
    ///
    /// No item is lost: the next call continues.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Timeout`](crate::error::ErrorKind::Timeout) after that time, and
    /// [`ErrorKind::WouldDeadlock`](crate::error::ErrorKind::WouldDeadlock) on a
    /// [thread of the engine](crate::blocking#threads).
    pub fn next_timeout(&mut self, limit: Duration) -> Result<Option<S::Item>, Error> {
        wait_timeout(self.0.next(), limit)
    }

    /// Returns the wrapped stream.
    pub fn into_inner(self) -> S {
        self.0
    }
}

impl<S: Stream + Unpin> Iterator for Iter<S> {
    type Item = S::Item;

    /// Blocks until the next item. `None` once the service has stopped.
    ///
    /// On a [thread of the engine](crate::blocking#threads), it logs an error and returns `None`.
    fn next(&mut self) -> Option<S::Item> {
        match wait(self.0.next()) {
            Ok(next) => next,
            Err(error) => {
                error!(target: "hot_reload", "a blocking iterator ended before its service: {error}");
                None
            }
        }
    }
}

impl<S> fmt::Debug for Iter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").finish_non_exhaustive()
    }
}
