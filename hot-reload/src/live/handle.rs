//! [`Live`]: the read handle of a service.

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use super::guard::Guard;
use super::retained::Retained;
use super::shared::Shared;
use crate::event::Events;
use crate::snapshot::Snapshot;

/// The read handle of a service: gives the visible value.
///
/// Cloning is cheap. A handle keeps its service running: the service ends when the last handle and the last
/// [`Control`](crate::Control) are dropped, or at [`Control::stop`](crate::Control::stop). After a stop, the last value stays
/// readable.
///
/// | accessor | gives | for |
/// |---|---|---|
/// | [`load`](Self::load) | a borrow, not `Send` | a few lines without `.await` |
/// | [`get`](Self::get) | an owned [`Snapshot`], `Send` | a unit of work across `.await` |
/// | [`reader`](Self::reader) | a [`Reader`](crate::live::Reader) that remembers | the loop of a worker |
/// | [`map`](Self::map) | a [`Projection`](crate::live::Projection) | a component that needs one part |
/// | [`subscribe`](Self::subscribe) | the [`Changes`](crate::Changes) | a `select!` loop that reacts to changes |
/// | [`wait_for`](Self::wait_for) | the first [`Snapshot`] that meets a condition | waiting for a certain value |
/// | [`on_change`](Self::on_change), [`for_each`](Self::for_each), [`on_change_from`](Self::on_change_from) | a [`Callback`](crate::live::Callback) | code that is not async, or slow |
/// | [`derive`](Self::derive) | a `Live` of a computed value | what is computed once for each value: a router, a compiled pattern |
/// | [`events`](Self::events) | the [`Events`] of the service | reacting to failures |
///
/// Use one snapshot for one unit of work: two reads may return two values. `docs::patterns` shows for each accessor how to use
/// it, and how not to.
///
/// Reading never waits for a publication, takes no lock and writes to no memory that other readers share. It allocates
/// nothing, except at a thread's first read and with dozens of guards on one thread. While the service runs, no reader
/// frees an old value.
///
/// # Limits
///
/// - The first read of a thread may wait for the first read of another thread: both add a record to one list.
/// - Reading is lock-free but not wait-free. A read that a publication overtakes tries again; under endless publications,
///   one thread may retry without bound.
/// - On Linux, the publisher uses the system call `membarrier`. If a filter refuses it with an error, readers use a fence.
///   A filter that fakes success is not detected, and then a value may be freed while it is read.
pub struct Live<V> {
    pub(super) shared: Arc<Shared<V>>,
    /// Ends the service when its last clone is dropped.
    pub(super) keep: Option<Arc<dyn Any + Send + Sync>>,
}

impl<V> Live<V> {
    /// Borrows the value for a few lines. Never waits for a publication; see the [limits](Self#limits).
    ///
    /// The guard is not `Send`, so a spawned task cannot keep it across an `.await`; use [`get`](Self::get) there. A guard
    /// delays nobody, but its value is not freed before the guard is dropped.
    ///
    /// # Panics
    ///
    /// If nothing was published yet. After [`Builder::start`](crate::Builder::start) or [`ready`](Self::ready) there is a
    /// value. For a handle from elsewhere, use [`try_load`](Self::try_load).
    #[inline]
    #[track_caller]
    pub fn load(&self) -> Guard<'_, V> {
        let caller = Location::caller();
        let node = self.shared.cell.protect_or(|| not_ready(caller));
        Guard::new(node)
    }

    /// Borrows the value as [`load`](Self::load) does. `None` before the first publication.
    #[inline]
    pub fn try_load(&self) -> Option<Guard<'_, V>> {
        self.shared.cell.protect().map(Guard::new)
    }

    /// Returns an owned snapshot of the value, which may be kept across `.await` and sent to other threads.
    ///
    /// # Panics
    ///
    /// As [`load`](Self::load).
    #[inline]
    #[track_caller]
    pub fn get(&self) -> Snapshot<V> {
        self.try_get().expect(NOT_READY)
    }

    /// Returns an owned snapshot as [`get`](Self::get) does. `None` before the first publication.
    #[inline]
    pub fn try_get(&self) -> Option<Snapshot<V>> {
        self.shared.cell.get().map(Snapshot::of)
    }

    /// Counts the replaced values that readers still hold.
    pub fn retained(&self) -> Retained {
        let (count, oldest) = self.shared.retained();
        Retained {
            count,
            oldest: oldest.map(|since| since.elapsed()),
        }
    }

    /// Subscribes to the events of the service from now on: loads with their outcomes and errors, changes of the watch, pauses,
    /// the end. So code with only a read handle can react to failures. A reader that is more than 256 events behind loses the oldest,
    /// and gets [`Lagged`](crate::event::EventKind::Lagged).
    ///
    /// The stream does not keep the service running. Without a service ([`fixed`](Self::fixed), `testing::Publisher`) it is
    /// empty, as after the end.
    ///
    /// ```
    /// use hot_reload::event::EventKind;
    ///
    /// # async fn example(live: hot_reload::Live<String>) {
    /// let mut events = live.events();
    /// while let Some(event) = events.next().await {
    ///     if let EventKind::Load { outcome, .. } = &event.kind
    ///         && let Some(error) = outcome.error()
    ///     {
    ///         println!("{} stays as it is: {error}", event.target);
    ///     }
    /// }
    /// # }
    /// ```
    pub fn events(&self) -> Events {
        let events = self.shared.events.as_ref().map(|feed| feed.subscribe());
        // In this order: the end is sent after the channel shows it.
        let has_stopped = self.shared.channel.borrow().stopped;
        events.filter(|_| !has_stopped).unwrap_or_else(Events::none)
    }

    /// The same handle; it also keeps `keep` alive.
    pub(crate) fn kept_by(self, keep: Arc<dyn Any + Send + Sync>) -> Self {
        Self {
            keep: Some(keep),
            ..self
        }
    }

    /// A handle that does not keep the service running.
    pub(super) fn unkept(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            keep: None,
        }
    }
}

#[cold]
fn not_ready(caller: &Location<'_>) -> ! {
    panic!("{NOT_READY} (called at {caller})")
}

pub(super) const NOT_READY: &str =
    "nothing was published yet: await `ready()` first, or use `try_load`";

impl<V> Clone for Live<V> {
    fn clone(&self) -> Self {
        Self {
            keep: self.keep.clone(),
            ..self.unkept()
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for Live<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Live").field(&self.try_get()).finish()
    }
}
