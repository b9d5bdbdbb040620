//! [`Observer`]: notified of each event of a service. [`Observers`]: those of one service or registry, and its event ring.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::{fmt, mem};

use tokio::sync::broadcast;
use tracing::error;

use crate::event::events::EventFeed;
use crate::event::{Event, EventKind, Events};
use crate::locks::lock;
use crate::panics::{discard, panic_text};

/// Gets each event of a service, or of all services of a [`Registry`](crate::Registry).
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use hot_reload::Event;
/// use hot_reload::event::Observer;
///
/// /// Counts the events of all services.
/// #[derive(Default)]
/// struct Count(AtomicU64);
///
/// impl Observer for Count {
///     fn on_event(&self, _: &Event) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
///
/// let registry = hot_reload::Registry::new();
/// registry.observe(Count::default());
/// ```
///
/// # Contract
///
/// 1. `on_event` returns soon. It runs in the task of the service, or in the caller of `pause` and `resume`, so a slow observer
///    delays the service. It never delays a reader. Do slow work elsewhere: send the event through a channel.
/// 2. Events of one service come one after the other, in order, and none after [`EventKind::Stopped`]. Events of two services
///    may come at the same time.
/// 3. A panic is caught and logged. Other observers are still notified.
/// 4. When an event is made, the status of the service already shows what it reports.
/// 5. An observer may call the service and the registry. An event that such a call causes follows the present one.
pub trait Observer: Send + Sync + 'static {
    /// Handles one event.
    fn on_event(&self, event: &Event);
}

/// An observer that is a function.
pub(crate) struct Call<F>(pub(crate) F);

impl<F: Fn(&Event) + Send + Sync + 'static> Observer for Call<F> {
    fn on_event(&self, event: &Event) {
        (self.0)(event);
    }
}

/// The number of events that a slow reader of the ring may be behind before it loses the oldest.
const EVENTS: usize = 256;

/// The observers of a service or of a registry, and the ring for readers of events.
pub(crate) struct Observers {
    /// The name of the service, as in its status.
    pub(crate) target: Arc<str>,
    /// The name of the source, as in the status.
    pub(crate) source: Option<Arc<str>>,
    /// Whether [`EventKind::Stopped`] is the last event: of a service, not of a registry.
    ends: bool,
    /// `None` while there are no events, because an idle service has none.
    queue: Mutex<Option<Box<Queue>>>,
    observers: Mutex<Vec<Arc<dyn Observer>>>,
    /// `None` while there are no readers of events, because the ring is larger than the rest of an idle service.
    ring: Mutex<Option<broadcast::Sender<Event>>>,
}

/// The events that observers and the ring have not got yet.
#[derive(Default)]
struct Queue {
    events: VecDeque<Event>,
    is_delivering: bool,
    ended: bool,
}

impl Observers {
    /// The observers of one service.
    pub(crate) fn of_service(target: Arc<str>, source: Option<Arc<str>>) -> Self {
        Self {
            target,
            source,
            ends: true,
            ..Self::default()
        }
    }

    pub(crate) fn add(&self, observer: Arc<dyn Observer>) {
        lock(&self.observers).push(observer);
    }

    pub(crate) fn remove(&self, observer: &Arc<dyn Observer>) {
        lock(&self.observers).retain(|other| !Arc::ptr_eq(other, observer));
    }

    /// Subscribes to the events from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Event> {
        lock(&self.ring)
            .get_or_insert_with(|| broadcast::Sender::new(EVENTS))
            .subscribe()
    }

    /// Drops the ring if it has no readers any more.
    pub(crate) fn unlisten(&self) {
        lock(&self.ring).take_if(|ring| ring.receiver_count() == 0);
    }

    /// Notifies all observers, then readers of the ring. Makes the event only if it has a receiver.
    pub(crate) fn notify(&self, event: impl FnOnce() -> Event) {
        self.enqueue(event);
        self.deliver();
    }

    /// Adds an event to the queue, for the next [`deliver`](Self::deliver). No event follows [`EventKind::Stopped`].
    ///
    /// The order of calls is the order of events, so a caller may hold a lock that decides the order.
    pub(crate) fn enqueue(&self, event: impl FnOnce() -> Event) {
        if lock(&self.observers).is_empty() && lock(&self.ring).is_none() {
            return;
        }
        let event = event();
        let mut queue = lock(&self.queue);
        let queue = queue.get_or_insert_default();
        if !queue.ended {
            queue.ended = self.ends && matches!(event.kind, EventKind::Stopped);
            queue.events.push_back(event);
        }
    }

    /// Delivers the queued events, unless another call is doing so: then that call delivers them.
    pub(crate) fn deliver(&self) {
        match &mut *lock(&self.queue) {
            Some(queue) if !queue.is_delivering => queue.is_delivering = true,
            Some(_) | None => return,
        }
        loop {
            let event = {
                let mut queue = lock(&self.queue);
                let event = queue.as_mut().and_then(|queue| queue.events.pop_front());
                if event.is_none() {
                    // After the end, no event follows.
                    queue.take_if(|queue| !queue.ended);
                    if let Some(queue) = &mut *queue {
                        queue.is_delivering = false;
                    }
                }
                event
            };
            let Some(event) = event else { return };
            self.send(event);
        }
    }

    /// Runs the user's code, so no lock is held.
    fn send(&self, event: Event) {
        let is_last = self.ends && matches!(event.kind, EventKind::Stopped);
        // A copy, because an observer may add another one.
        let observers = lock(&self.observers).clone();
        for observer in observers {
            let call = AssertUnwindSafe(|| observer.on_event(&event));
            if let Err(panic) = catch_unwind(call) {
                let text = panic_text(panic.as_ref());
                error!(target: "hot_reload", name = &*event.target, "an observer panicked: {text}");
            }
            discard(observer);
        }
        let ring = lock(&self.ring).clone();
        // An error means that the ring has no readers any more.
        if ring.is_some_and(|ring| ring.send(event).is_err()) {
            self.unlisten();
        }
        if is_last {
            let observers = mem::take(&mut *lock(&self.observers));
            discard(observers);
        }
    }
}

impl EventFeed for Observers {
    fn subscribe(&self) -> Events {
        let (target, source) = (Arc::clone(&self.target), self.source.clone());
        Events::of_service(Some(self.listen()), target, source)
    }
}

impl Default for Observers {
    fn default() -> Self {
        Self {
            target: "".into(),
            source: None,
            ends: false,
            queue: Mutex::default(),
            observers: Mutex::default(),
            ring: Mutex::default(),
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observers")
            .field("count", &lock(&self.observers).len())
            .finish_non_exhaustive()
    }
}
