//! Opens the file watch of a reloader that loads values itself, as a subscription or as the handle of a
//! [`RealtimeWatch`](crate::RealtimeWatch).

use std::path::PathBuf;
use std::sync::Arc;

use super::subscription::FileWatch;
use crate::error::Error;
use crate::hints::{HintSender, Subscription};
use crate::source::channel::{channel, handle};
use crate::source::file::turns::blocking;
use crate::watch::RealtimeWatchHandle;

/// Opens the watch. `alone` keeps loads away meanwhile, because one walk would release the watches that the other has added.
///
/// # Errors
///
/// The system has no watcher or no watch left.
pub(crate) async fn watch_hints(
    watch: &Arc<FileWatch>,
    alone: impl Send + 'static,
    paths: Vec<PathBuf>,
    hints: HintSender,
) -> Result<Subscription, Error> {
    let watch = Arc::clone(watch);
    let guard = blocking(move || {
        let _alone = alone;
        watch.open(hints, &paths)
    });
    Ok(Subscription::new(guard.await??))
}

/// The same as the handle of a [`RealtimeWatch`](crate::RealtimeWatch).
///
/// # Errors
///
/// The system has no watcher or no watch left.
pub(crate) async fn watch_handle<V: Send + 'static>(
    watch: &Arc<FileWatch>,
    alone: impl Send + 'static,
    paths: Vec<PathBuf>,
) -> Result<RealtimeWatchHandle<V>, Error> {
    let (hints, rx) = channel();
    let subscription = watch_hints(watch, alone, paths, hints).await?;
    handle(rx, subscription)
}
