//! A watch on files for a reloader that is no source of bytes: as a subscription, or as the handle of a
//! [`RealtimeWatch`](crate::RealtimeWatch).

use std::path::PathBuf;
use std::sync::Arc;

use super::subscription::{Follow, blocking};
use crate::error::Error;
use crate::source::channel::channel;
use crate::source::{HintSender, Subscription};
use crate::watch::RealtimeWatchHandle;

/// Opens the watch. `alone` is what keeps looks away meanwhile: one of the two would give up what the other has armed.
///
/// # Errors
///
/// The system has no watcher or no watch left.
pub(crate) async fn watch_hints(
    follow: &Arc<Follow>,
    alone: impl Send + 'static,
    paths: Vec<PathBuf>,
    hints: HintSender,
) -> Result<Subscription, Error> {
    let follow = Arc::clone(follow);
    let guard = blocking(move || {
        let _alone = alone;
        follow.open(hints, &paths)
    });
    Ok(Subscription::new(guard.await??))
}

/// The same as the handle of a [`RealtimeWatch`](crate::RealtimeWatch).
///
/// # Errors
///
/// The system has no watcher or no watch left.
pub(crate) async fn watch_handle<V: Send + 'static>(
    follow: &Arc<Follow>,
    alone: impl Send + 'static,
    paths: Vec<PathBuf>,
) -> Result<RealtimeWatchHandle<V>, Error> {
    let (hints, rx) = channel();
    let subscription = watch_hints(follow, alone, paths, hints).await?;
    Ok(RealtimeWatchHandle::with_cleanup(
        rx,
        subscription.into_guard(),
    ))
}
