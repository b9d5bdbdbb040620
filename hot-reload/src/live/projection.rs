//! [`Projection`]: a handle on a part of the value.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Arc, Once, OnceLock};
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::stream::FusedStream;

use super::follow::{Follow, Staged};
use super::guard::Guard;
use super::handle::{Live, NOT_READY};
use super::notifications::{Channel, Notified};
use super::wake::Wake;
use crate::snapshot::{Generation, Published, Snapshot};

/// A handle on a part of a value: from [`Live::map`]. Reading it costs as much as reading the whole value. Its subscribers are
/// woken only when that part has changed.
///
/// Cloning is cheap. Like the handle it was made from, it keeps the service running.
///
/// A struct that holds one names its type with a function pointer, which is what `F` is by default:
///
/// ```
/// use hot_reload::Live;
/// use hot_reload::live::Projection;
///
/// struct AppConfig { limits: Limits }
/// struct Limits { connections: usize }
///
/// struct Listener { limits: Projection<AppConfig, Limits> }
///
/// fn limits(config: &AppConfig) -> &Limits { &config.limits }
///
/// let config = Live::fixed(AppConfig { limits: Limits { connections: 100 } });
/// let listener = Listener { limits: config.map(limits as fn(&AppConfig) -> &Limits) };
/// assert_eq!(listener.limits.load().connections, 100);
/// ```
pub struct Projection<V, P: ?Sized, F = fn(&V) -> &P> {
    live: Live<V>,
    part: Arc<Part<P, F>>,
}

impl<V> Live<V> {
    /// Makes a handle on a part of the value.
    ///
    /// ```
    /// # struct AppConfig { greeting: String }
    /// # let live = hot_reload::Live::fixed(AppConfig { greeting: "hello".to_owned() });
    /// let greeting = live.map(|config| &config.greeting);
    /// assert_eq!(*greeting.load(), "hello");
    /// ```
    pub fn map<P: ?Sized, F: Fn(&V) -> &P>(&self, part: F) -> Projection<V, P, F> {
        Projection {
            live: self.clone(),
            part: Arc::new(Part {
                of: part,
                channel: OnceLock::new(),
                join: Once::new(),
                _part: PhantomData,
            }),
        }
    }
}

impl<V, P: ?Sized, F: Fn(&V) -> &P> Projection<V, P, F> {
    /// Borrows the part, as [`Live::load`] borrows the value.
    ///
    /// # Panics
    ///
    /// As [`Live::load`].
    #[inline]
    #[track_caller]
    pub fn load(&self) -> Guard<'_, V, P> {
        Guard::map(self.live.load(), &self.part.of)
    }

    /// Borrows the part. `None` before the first publication.
    #[inline]
    pub fn try_load(&self) -> Option<Guard<'_, V, P>> {
        let guard = self.live.try_load()?;
        Some(Guard::map(guard, &self.part.of))
    }

    /// Returns an owned snapshot of the part, as [`Live::get`] does of the value. It keeps the whole value alive.
    ///
    /// # Panics
    ///
    /// As [`Live::load`].
    #[track_caller]
    pub fn get(&self) -> PartSnapshot<V, P, F> {
        self.try_get().expect(NOT_READY)
    }

    /// Returns an owned snapshot of the part. `None` before the first publication.
    pub fn try_get(&self) -> Option<PartSnapshot<V, P, F>> {
        self.live.try_get().map(|snapshot| self.part_of(snapshot))
    }

    /// The handle on the whole value.
    pub fn live(&self) -> &Live<V> {
        &self.live
    }
}

impl<V, P, F> Projection<V, P, F>
where
    V: Send + Sync + 'static,
    P: PartialEq + ?Sized + 'static,
    F: Fn(&V) -> &P + Send + Sync + 'static,
{
    /// Subscribes to changes of the part from now on. The visible value counts as seen.
    ///
    /// A value whose part equals the part before wakes nobody. The parts are compared once at each publication, however many
    /// subscribers there are. If the comparison or the function panics, the value is rejected.
    pub fn subscribe(&self) -> PartChanges<V, P, F> {
        let channel = self
            .part
            .channel
            .get_or_init(|| Arc::new(Channel::new(Notified::default())));
        self.part.join.call_once(|| {
            let part = Arc::downgrade(&self.part);
            if !self.live.shared.followers.join(Box::new(part)) {
                channel.send_modify(|notified| notified.stopped = true);
            }
        });
        PartChanges {
            projection: self.clone(),
            wake: Wake::new(channel.subscribe(), self.live.shared.generation()),
        }
    }
}

impl<V, P: ?Sized, F> Projection<V, P, F> {
    /// A handle that does not keep the service running.
    pub(crate) fn unkept(&self) -> Self {
        Self {
            live: self.live.unkept(),
            part: Arc::clone(&self.part),
        }
    }

    /// The part of this snapshot.
    pub(super) fn part_of(&self, snapshot: Snapshot<V>) -> PartSnapshot<V, P, F> {
        PartSnapshot {
            snapshot,
            part: Arc::clone(&self.part),
        }
    }
}

impl<V, P: ?Sized, F> Clone for Projection<V, P, F> {
    fn clone(&self) -> Self {
        Self {
            live: self.live.clone(),
            part: Arc::clone(&self.part),
        }
    }
}

impl<V, P: fmt::Debug + ?Sized, F: Fn(&V) -> &P> fmt::Debug for Projection<V, P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Projection").field(&self.try_get()).finish()
    }
}

/// The part and its subscribers, shared by all clones of a projection.
struct Part<P: ?Sized, F> {
    of: F,
    /// Made by the first subscription.
    channel: OnceLock<Arc<Channel>>,
    join: Once,
    _part: PhantomData<fn() -> *const P>,
}

impl<V, P, F> Follow<V> for Part<P, F>
where
    P: PartialEq + ?Sized,
    F: Fn(&V) -> &P + Send + Sync,
{
    fn prepare(self: Arc<Self>, before: Option<&V>, now: &Published<V>) -> Box<dyn Staged> {
        let now = (self.of)(&now.value);
        let changed = before.is_none_or(|before| (self.of)(before) != now);
        let channel = self.channel.get().filter(|_| changed);
        Box::new(Compared(channel.cloned()))
    }

    fn end(&self) -> Option<Arc<Channel>> {
        self.channel.get().cloned()
    }
}

/// The channel of a part that has changed.
struct Compared(Option<Arc<Channel>>);

impl Staged for Compared {
    fn changed(&self) -> Option<Arc<Channel>> {
        self.0.clone()
    }
}

/// An owned snapshot of a part of a value: from [`Projection::get`]. It dereferences to the part and keeps the whole value
/// alive.
pub struct PartSnapshot<V, P: ?Sized, F = fn(&V) -> &P> {
    snapshot: Snapshot<V>,
    part: Arc<Part<P, F>>,
}

impl<V, P: ?Sized, F> PartSnapshot<V, P, F> {
    /// The whole value.
    pub fn snapshot(&self) -> &Snapshot<V> {
        &self.snapshot
    }

    /// The generation of the whole value.
    pub fn generation(&self) -> Generation {
        self.snapshot.generation()
    }
}

impl<V, P: ?Sized, F: Fn(&V) -> &P> Deref for PartSnapshot<V, P, F> {
    type Target = P;

    fn deref(&self) -> &P {
        (self.part.of)(&self.snapshot)
    }
}

impl<V, P: ?Sized, F> Clone for PartSnapshot<V, P, F> {
    fn clone(&self) -> Self {
        Self {
            snapshot: self.snapshot.clone(),
            part: Arc::clone(&self.part),
        }
    }
}

impl<V, P: fmt::Debug + ?Sized, F: Fn(&V) -> &P> fmt::Debug for PartSnapshot<V, P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartSnapshot")
            .field("part", &&**self)
            .field("generation", &self.generation().get())
            .finish()
    }
}

/// The subscription to changes of a part: from [`Projection::subscribe`].
///
/// ```
/// # struct AppConfig { greeting: String }
/// # async fn example(live: hot_reload::Live<AppConfig>) {
/// let mut changes = live.map(|config| &config.greeting).subscribe();
/// while let Some(greeting) = changes.changed().await {
///     println!("{}", *greeting);
/// }
/// # }
/// ```
#[must_use = "a subscription does nothing unless it is awaited"]
pub struct PartChanges<V, P: ?Sized, F = fn(&V) -> &P> {
    projection: Projection<V, P, F>,
    wake: Wake,
}

impl<V, P: ?Sized, F: Fn(&V) -> &P> PartChanges<V, P, F> {
    /// Waits until the part has changed. `None` once the service has stopped, and again `None` at every further call.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, the next call returns the change.
    pub async fn changed(&mut self) -> Option<PartSnapshot<V, P, F>> {
        self.wake.next().await?;
        self.newest()
    }

    /// The handle that was subscribed to.
    pub fn projection(&self) -> &Projection<V, P, F> {
        &self.projection
    }

    /// Returns the visible part, which counts as seen from now on.
    pub(crate) fn newest(&mut self) -> Option<PartSnapshot<V, P, F>> {
        let newest = self.projection.try_get()?;
        // It may be newer than the notification. It counts as seen, so that it is returned once.
        self.wake.mark_seen(newest.generation().get());
        Some(newest)
    }
}

impl<V, P: ?Sized, F: Fn(&V) -> &P> Stream for PartChanges<V, P, F> {
    type Item = PartSnapshot<V, P, F>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.wake
            .poll_next(cx)
            .map(|news| news.and_then(|()| self.newest()))
    }
}

impl<V, P: ?Sized, F: Fn(&V) -> &P> FusedStream for PartChanges<V, P, F> {
    /// Whether the service has stopped and the last value was returned.
    fn is_terminated(&self) -> bool {
        self.wake.is_over()
    }
}

impl<V, P: ?Sized, F> fmt::Debug for PartChanges<V, P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartChanges").finish_non_exhaustive()
    }
}
