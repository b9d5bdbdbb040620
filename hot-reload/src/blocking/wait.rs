//! [`wait`]: blocks a thread until a future is ready.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::live::Live;
use crate::runtime::{engine, park};
use crate::snapshot::Snapshot;

/// Blocks until a future of this crate is ready. Needs no runtime.
///
/// ```
/// use hot_reload::{Registry, blocking};
///
/// let registry = Registry::new();
/// blocking::wait(registry.stop_all())?;
/// # Ok::<(), hot_reload::Error>(())
/// ```
///
/// Futures of other crates may need a runtime, and panic without one.
///
/// # Errors
///
/// [`ErrorKind::WouldDeadlock`] on a [thread of the engine](crate::blocking#threads). Then the future is not polled.
pub fn wait<F: Future>(future: F) -> Result<F::Output, Error> {
    engine::may_wait()?;
    Ok(park::wait(future, None).unwrap_or_else(|| unreachable!("it waits without a limit")))
}

/// Blocks as [`wait`] does, for at most `limit`.
///
/// ```
/// use std::time::Duration;
///
/// use hot_reload::Live;
/// use hot_reload::blocking;
///
/// let motto = Live::fixed("festina lente");
/// let changed = blocking::wait_timeout(motto.subscribe().changed(), Duration::from_millis(1));
/// assert!(changed.is_err());
/// ```
///
/// # Errors
///
/// [`ErrorKind::Timeout`] after that time: the future is dropped. [`ErrorKind::WouldDeadlock`] on a
/// [thread of the engine](crate::blocking#threads).
pub fn wait_timeout<F: Future>(future: F, limit: Duration) -> Result<F::Output, Error> {
    engine::may_wait()?;
    park::wait(future, Some(limit))
        .ok_or_else(|| Error::new(ErrorKind::Timeout, format!("timed out after {limit:?}")))
}

/// Blocks until a value meets a condition, for at most `limit`. Returns at once if the visible value does.
///
/// The condition is tested as by [`Live::wait_for`], which is the async twin.
///
/// ```
/// use std::time::Duration;
///
/// use hot_reload::Live;
/// use hot_reload::blocking;
///
/// let upstreams = Live::fixed(vec!["db:5432"]);
/// let found = blocking::wait_for(&upstreams, |list| !list.is_empty(), Duration::from_secs(5))?;
/// assert_eq!(found.len(), 1);
/// # Ok::<(), hot_reload::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Timeout`] after that time, [`ErrorKind::Stopped`] if the service stops before, and
/// [`ErrorKind::WouldDeadlock`] on a [thread of the engine](crate::blocking#threads).
pub fn wait_for<V>(
    live: &Live<V>,
    wanted: impl FnMut(&V) -> bool,
    limit: Duration,
) -> Result<Snapshot<V>, Error> {
    wait_timeout(live.wait_for(wanted), limit)?
}
