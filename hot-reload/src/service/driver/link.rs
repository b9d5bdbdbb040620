//! What the task has to do with the watch: it is opened, says something, and is lost.

use tokio::task::coop::cooperative;

use super::super::boundary::within;
use super::super::feed::Feed;
use super::super::machine::{Input, Regime};
use super::super::pipeline::Pushed;
use super::super::settings::OPEN_DEADLINE;
use super::Task;
use crate::error::{Error, ErrorKind};
use crate::event::Stage;
use crate::hints::{HintSender, Hints, Subscription};
use crate::panics::discard;
use crate::watch::{RealtimeWatchHandle, WatchEvent};

/// An open watch. It ends when it is dropped.
pub(super) enum Watch<V> {
    Handle(RealtimeWatchHandle<V>),
    /// What the hints come out of, and what is kept for them to come.
    Hints(
        Hints,
        #[allow(dead_code, reason = "it is there to be dropped")] Subscription,
    ),
}

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

impl<V> Task<'_, V> {
    pub(super) fn opened(&mut self, watch: Watch<V>) -> Input {
        self.watch = Some(watch);
        Input::Opened
    }

    pub(super) fn lost(&mut self, why: &mut Option<Error>, error: Error) -> Input {
        self.close_watch();
        let regime = regime(&error);
        *why = Some(error);
        Input::Lost(regime)
    }

    /// The next event of the watch, if one stands. Cancel safe.
    pub(super) async fn event(&mut self) -> Result<WatchEvent<V>, Error> {
        let text = match &mut self.watch {
            // A flood of hints leaves time for the other tasks of the runtime, as the channel sees to it by itself.
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

    pub(super) fn heard(
        &mut self,
        why: &mut Option<Error>,
        event: Result<WatchEvent<V>, Error>,
    ) -> Input {
        match event {
            Ok(WatchEvent::Changed(value)) => self.push(Pushed::Value(value)),
            Ok(WatchEvent::Removed) if self.engine.removed_clears => self.push(Pushed::Removed),
            Ok(_) => Input::Hint,
            Err(error) => self.lost(why, error),
        }
    }

    fn push(&mut self, pushed: Pushed<V>) -> Input {
        let older = self.pushed.replace(pushed);
        discard(older);
        Input::Pushed
    }

    pub(super) fn close_watch(&mut self) {
        let watch = self.watch.take();
        discard(watch);
    }
}

/// Whether waiting may heal it.
pub(super) fn regime(error: &Error) -> Regime {
    match error.kind() {
        ErrorKind::Denied | ErrorKind::Misconfigured => Regime::Refused,
        _ => Regime::Passing,
    }
}
