//! [`Events`]: the stream of the events of a service or a registry.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::stream::FusedStream;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::kind::{Event, EventKind};
use crate::clock::time_of_day;

/// A stream of the events of a service, from [`Control::events`](crate::Control::events) or [`Live::events`](crate::Live::events), or of
/// all services of a [`Registry`](crate::Registry::events).
///
/// It is also a `Stream`.
///
/// ```
/// # async fn example(control: hot_reload::Control<String>) {
/// let mut events = control.events();
/// while let Some(event) = events.next().await {
///     println!("{}: {}", event.target, event.kind);
/// }
/// # }
/// ```
#[must_use = "a subscription does nothing unless it is awaited"]
pub struct Events {
    /// `None` after the end.
    channel: Option<Channel>,
    /// Whether `Stopped` is the last event: of a service, not of a registry.
    ends: bool,
    /// The service. Empty for a registry.
    target: Arc<str>,
    source: Option<Arc<str>>,
}

enum Channel {
    Idle(Receiver<Event>),
    /// A wait in progress. Boxed, because the future of the channel borrows its receiver and cannot be named.
    Waiting(Waiting),
}

type Waiting =
    Pin<Box<dyn Future<Output = (Result<Event, RecvError>, Receiver<Event>)> + Send + Sync>>;

/// Where the events of a service come from, for its read handles.
pub(crate) trait EventFeed: Send + Sync {
    /// Subscribes to the events from now on.
    fn subscribe(&self) -> Events;
}

impl Events {
    /// No events, because the service has stopped or there is none.
    pub(crate) fn none() -> Self {
        Self::of_service(None, "".into(), None)
    }

    /// The events of a service. `channel` is `None` if it has stopped.
    pub(crate) fn of_service(
        channel: Option<Receiver<Event>>,
        target: Arc<str>,
        source: Option<Arc<str>>,
    ) -> Self {
        Self {
            channel: channel.map(Channel::Idle),
            ends: true,
            target,
            source,
        }
    }

    /// The events of all services of a registry.
    pub(crate) fn of_registry(channel: Receiver<Event>) -> Self {
        Self {
            channel: Some(Channel::Idle(channel)),
            ends: false,
            target: "".into(),
            source: None,
        }
    }

    /// Waits for the next event. For a service, returns `None` after [`EventKind::Stopped`]. For a registry, returns `None`
    /// once the registry is gone.
    ///
    /// A reader that is more than 256 events behind loses the oldest, and gets their number as [`EventKind::Lagged`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, the next call returns the event.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    fn event(&self, kind: EventKind) -> Event {
        Event {
            target: Arc::clone(&self.target),
            source: self.source.clone(),
            at: time_of_day(),
            generation: None,
            value_revision: None,
            kind,
        }
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let this = &mut *self;
        let mut waiting = match this.channel.take() {
            None => return Poll::Ready(None),
            Some(Channel::Waiting(waiting)) => waiting,
            Some(Channel::Idle(mut receiver)) => Box::pin(async move {
                let received = receiver.recv().await;
                (received, receiver)
            }),
        };
        let Poll::Ready((received, receiver)) = waiting.as_mut().poll(cx) else {
            this.channel = Some(Channel::Waiting(waiting));
            return Poll::Pending;
        };
        let event = match received {
            Ok(event) => event,
            Err(RecvError::Lagged(count)) => this.event(EventKind::Lagged(count)),
            Err(RecvError::Closed) if this.ends => this.event(EventKind::Stopped),
            Err(RecvError::Closed) => return Poll::Ready(None),
        };
        let is_last = this.ends && matches!(event.kind, EventKind::Stopped);
        if !is_last {
            this.channel = Some(Channel::Idle(receiver));
        }
        Poll::Ready(Some(event))
    }
}

impl FusedStream for Events {
    fn is_terminated(&self) -> bool {
        self.channel.is_none()
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
