//! [`Watch`]: an open watch of a source, and the events that come out of it.

use tokio::task::coop::cooperative;

use crate::error::{Error, ErrorKind};
use crate::event::Stage;
use crate::hints::{Content, HintSender, Hints, Signal, Subscription};
use crate::service::boundary::within;
use crate::service::feed::Feed;
use crate::service::machine::{Input, Regime};
use crate::service::settings::OPEN_DEADLINE;
use crate::watch::{RealtimeWatchHandle, WatchEvent};

impl<V> Watch<V> {
    /// Whether it has delivered something that was not handled yet.
    pub(super) fn has_unread(&self) -> bool {
        match self {
            Self::Handle(handle) => !handle.rx.is_empty(),
            Self::Hints(hints, _) => hints.has_unread(),
        }
    }

    /// It was opened.
    pub(super) fn opened(&self) -> Input {
        match self {
            Self::Hints(_, subscription) if !subscription.covers_all() => Input::OpenedInPart,
            Self::Hints(..) | Self::Handle(_) => Input::Opened,
        }
    }
}

/// The answer of a source that was asked for a watch.
pub(super) enum Opened<V> {
    Watch(Watch<V>),
    NoWatch,
}

/// What came through a watch.
pub(super) enum Heard<V> {
    Event(WatchEvent<V>),
    Content(Box<Content>),
    Alive,
}

/// An open watch. It ends when it is dropped.
pub(super) enum Watch<V> {
    Handle(RealtimeWatchHandle<V>),
    /// The receiver of the hints, and the subscription that keeps them coming.
    Hints(Hints, Subscription),
}

/// Opens the watch of a source, within a deadline. `wants_life`: whether signs of life count, because there is an idle timeout.
pub(super) async fn open<V, F: Feed<V>>(feed: &F, wants_life: bool) -> Result<Opened<V>, Error> {
    let open = async || {
        let (sender, hints) = HintSender::paired(wants_life);
        match feed.watch_hints(sender).await? {
            Some(subscription) if subscription.is_none() => Ok(Opened::NoWatch),
            Some(subscription) => Ok(Opened::Watch(Watch::Hints(hints, subscription))),
            None => Ok(Opened::Watch(Watch::Handle(feed.watch().await?))),
        }
    };
    within(Stage::Load, OPEN_DEADLINE, "the watch was not opened", open).await?
}

/// The next event of a watch. Pending while none is open. Cancel safe.
pub(super) async fn next_event<V>(watch: &mut Option<Watch<V>>) -> Result<Heard<V>, Error> {
    let text = match watch {
        // A flood of hints leaves time for the other tasks of the runtime. The channel of a handle yields already.
        Some(Watch::Hints(hints, _)) => {
            return Ok(match cooperative(hints.next()).await? {
                Signal::Hint => Heard::Event(WatchEvent::Hint),
                Signal::Content(content) => Heard::Content(Box::new(content)),
                Signal::Alive => Heard::Alive,
            });
        }
        Some(Watch::Handle(handle)) => match handle.rx.recv().await {
            Some(WatchEvent::Error(text)) => text,
            Some(event) => return Ok(Heard::Event(event)),
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
        ErrorKind::NotFound
        | ErrorKind::Unavailable
        | ErrorKind::Timeout
        | ErrorKind::TooLarge
        | ErrorKind::Decode
        | ErrorKind::Invalid
        | ErrorKind::Panicked
        | ErrorKind::Conflict
        | ErrorKind::Stopped
        | ErrorKind::WouldDeadlock
        | ErrorKind::Other => Regime::Passing,
    }
}
