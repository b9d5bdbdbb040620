//! A watch on files as the handle of a `RealtimeWatch`, for a reloader that is no source of bytes.

use std::path::PathBuf;
use std::sync::Arc;

use super::follow::{Follow, blocking};
use crate::error::Error;
use crate::source::HintSender;
use crate::watch::RealtimeWatchHandle;

/// Opens the watch as the handle of a [`RealtimeWatch`](crate::RealtimeWatch). `alone` is what keeps looks away
/// meanwhile: one of the two would give up what the other has armed.
///
/// # Errors
///
/// The system has no watcher or no watch left.
pub(crate) async fn watch_handle<V: Send + 'static>(
    follow: &Arc<Follow>,
    alone: impl Send + 'static,
    paths: Vec<PathBuf>,
) -> Result<RealtimeWatchHandle<V>, Error> {
    let (hints, rx) = HintSender::channel();
    let follow = Arc::clone(follow);
    let guard = blocking(move || {
        let _alone = alone;
        follow.open(hints, &paths)
    });
    let guard = Box::new(guard.await??);
    Ok(RealtimeWatchHandle::with_cleanup(rx, guard))
}
