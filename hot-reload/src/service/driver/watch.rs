//! What the task has to do with the watch: it is opened, says something, and is lost.

use crate::error::{Error, ErrorKind};
use crate::event::Stage;
use crate::hints::{HintSender, Hints, Subscription};
use crate::service::boundary::within;
use crate::service::feed::Feed;
use crate::service::machine::Regime;
use crate::service::settings::OPEN_DEADLINE;
use crate::watch::RealtimeWatchHandle;

/// An open watch. It ends when it is dropped.
pub(crate) enum Watch<V> {
    Handle(RealtimeWatchHandle<V>),
    /// What the hints come out of, and what is kept for them to come.
    Hints(
        Hints,
        #[allow(dead_code, reason = "it is there to be dropped")] Subscription,
    ),
}

pub(crate) async fn open<V, F: Feed<V>>(feed: &F) -> Result<Watch<V>, Error> {
    let open = async || {
        let (sender, hints) = HintSender::pair();
        match feed.watch_hints(sender).await? {
            Some(subscription) => Ok(Watch::Hints(hints, subscription)),
            None => Ok(Watch::Handle(feed.watch().await?)),
        }
    };
    within(Stage::Load, OPEN_DEADLINE, "the watch was not opened", open).await?
}

/// Whether waiting may heal it.
pub(crate) fn regime(error: &Error) -> Regime {
    match error.kind() {
        ErrorKind::Denied | ErrorKind::Misconfigured => Regime::Refused,
        _ => Regime::Passing,
    }
}
