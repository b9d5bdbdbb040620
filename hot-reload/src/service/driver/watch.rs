//! [`Watch`]: an open watch of a source, and the events that come out of it.

use tokio::task::coop::cooperative;

use crate::error::{Error, ErrorKind};
use crate::event::Stage;
use crate::hints::{HintSender, Hints, Subscription};
use crate::service::boundary::within;
use crate::service::feed::Feed;
use crate::service::machine::Regime;
use crate::service::settings::OPEN_DEADLINE;
use crate::watch::{RealtimeWatchHandle, WatchEvent};

/// An open watch. It ends when it is dropped.
pub(super) enum Watch<V> {
    Handle(RealtimeWatchHandle<V>),
    /// The receiver of the hints, and the subscription that keeps them coming.
    Hints(
        Hints,
        #[allow(dead_code, reason = "it is there to be dropped")] Subscription,
    ),
}

/// Opens the watch of a source, within a deadline.
pub(super) async fn open<V, F: Feed<V>>(feed: &F) -> Result<Watch<V>, Error> {
    let open = async || {
        let (sender, hints) = HintSender::pair();
        match feed.watch_hints(sender).await? {
            Some(subscription) => Ok(Watch::Hints(hints, subscription)),
            None => Ok(Watch::Handle(feed.watch().await?)),
        }
    };
    within(Stage::Load, OPEN_DEADLINE, "the watch was not opened", open).await?
}

/// The next event of a watch. Pending while none is open. Cancel safe.
pub(super) async fn next_event<V>(watch: &mut Option<Watch<V>>) -> Result<WatchEvent<V>, Error> {
    let text = match watch {
        // A flood of hints leaves time for the other tasks of the runtime. The channel of a handle yields already.
        Some(Watch::Hints(hints, _)) => {
            return cooperative(hints.next()).await.map(|()| WatchEvent::Hint);
        }
        Some(Watch::Handle(handle)) => match handle.rx.recv().await {
            Some(WatchEvent::Error(text)) => text,
            Some(event) => return Ok(event),
            None => "the watch was closed".to_owned(),
        },
        None => std::future::pending().await,
    };
    Err(Error::new(ErrorKind::Unavailable, text))
}

/// How an error is retried: quickly, or rarely because a person must fix the cause first.
pub(super) fn regime(error: &Error) -> Regime {
    match error.kind() {
        ErrorKind::Denied | ErrorKind::Misconfigured => Regime::Refused,
        _ => Regime::Passing,
    }
}
