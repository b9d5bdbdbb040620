//! [`Projection`]: a handle on a part of the value.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, OnceLock};
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::stream::FusedStream;

use super::follow::{Follow, Joined};
use super::guard::Guard;
use super::news::{Channel, News};
use super::wake::Wake;
use super::{Live, NOT_READY};
use crate::snapshot::{Generation, Snapshot};

/// A handle on a part of a value: from [`Live::map`]. Reading it costs what reading the whole does, and its changes are told
/// when that part has changed.
///
/// Cloning is cheap. Like the handle it was made from, it keeps the service running.
///
/// A struct that holds one names its type with a function pointer, which is what `F` is by default:
///
/// ```
/// use hot_reload::{Live, Projection};
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
    /// A handle on a part of the value.
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
                news: OnceLock::new(),
                join: Once::new(),
                changed: AtomicBool::new(false),
                _part: PhantomData,
            }),
        }
    }
}

impl<V, P: ?Sized, F: Fn(&V) -> &P> Projection<V, P, F> {
    /// The part for a moment, as [`Live::load`].
    ///
    /// # Panics
    ///
    /// As [`Live::load`].
    #[inline]
    #[track_caller]
    pub fn load(&self) -> Guard<'_, V, P> {
        self.live.load().map(&self.part.of)
    }

    /// The part for a moment, if there is a value yet.
    #[inline]
    pub fn try_load(&self) -> Option<Guard<'_, V, P>> {
        self.live.try_load().map(|guard| guard.map(&self.part.of))
    }

    /// The part for as long as it is needed, as [`Live::get`]. It keeps the whole value.
    ///
    /// # Panics
    ///
    /// As [`Live::load`].
    #[track_caller]
    pub fn get(&self) -> PartSnapshot<V, P, F> {
        self.try_get().expect(NOT_READY)
    }

    /// The part for as long as it is needed, if there is a value yet.
    pub fn try_get(&self) -> Option<PartSnapshot<V, P, F>> {
        let snapshot = self.live.try_get()?;
        Some(PartSnapshot {
            snapshot,
            part: Arc::clone(&self.part),
        })
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
    /// The changes of the part from now on. The value of now counts as seen.
    ///
    /// Nobody is woken by a value whose part equals that of the value before. The parts are compared once at each
    /// publication, however many subscribers there are; a comparison or function that panics refuses the value.
    pub fn subscribe(&self) -> PartChanges<V, P, F> {
        let news = self
            .part
            .news
            .get_or_init(|| Arc::new(Channel::new(News::default())));
        self.part.join.call_once(|| {
            let part: Arc<dyn Follow<V>> = self.part.clone();
            if self
                .live
                .shared
                .followers
                .join(Arc::downgrade(&part), || true)
                == Joined::AfterTheEnd
            {
                news.send_modify(|news| news.stopped = true);
            }
        });
        PartChanges {
            projection: self.clone(),
            wake: Wake::new(news.subscribe(), self.live.shared.generation()),
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

/// Which part it is, and who is to be told of its changes. All clones of a projection have the same.
struct Part<P: ?Sized, F> {
    of: F,
    /// Once somebody has subscribed.
    news: OnceLock<Arc<Channel>>,
    join: Once,
    /// Whether the value that is published now has another part than the one before.
    changed: AtomicBool,
    _part: PhantomData<fn() -> *const P>,
}

impl<V, P, F> Follow<V> for Part<P, F>
where
    P: PartialEq + ?Sized,
    F: Fn(&V) -> &P + Send + Sync,
{
    fn prepare(&self, before: Option<&V>, now: &V) {
        let changed = before.is_none_or(|before| (self.of)(before) != (self.of)(now));
        self.changed.store(changed, Ordering::Relaxed);
    }

    fn follow(&self) -> Option<Arc<Channel>> {
        let changed = self.changed.load(Ordering::Relaxed);
        changed.then(|| self.channel()).flatten()
    }

    fn channel(&self) -> Option<Arc<Channel>> {
        self.news.get().cloned()
    }
}

/// A part of a published value, held for as long as you like: from [`Projection::get`]. It dereferences to the part.
pub struct PartSnapshot<V, P: ?Sized, F = fn(&V) -> &P> {
    snapshot: Snapshot<V>,
    part: Arc<Part<P, F>>,
}

impl<V, P: ?Sized, F> PartSnapshot<V, P, F> {
    /// The whole value.
    pub fn snapshot(&self) -> &Snapshot<V> {
        &self.snapshot
    }

    /// The number of the whole value.
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

/// The changes of a part of a value: from [`Projection::subscribe`].
#[must_use = "changes are only told when they are asked for"]
pub struct PartChanges<V, P: ?Sized, F = fn(&V) -> &P> {
    projection: Projection<V, P, F>,
    wake: Wake,
}

impl<V, P: ?Sized, F: Fn(&V) -> &P> PartChanges<V, P, F> {
    /// Waits until the part has changed. `None` once the service has stopped, and again `None` at every further call.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if the future is dropped, the change is told by the next call.
    pub async fn changed(&mut self) -> Option<PartSnapshot<V, P, F>> {
        self.wake.next().await?;
        self.newest()
    }

    /// The handle that these are the changes of.
    pub fn projection(&self) -> &Projection<V, P, F> {
        &self.projection
    }

    fn newest(&mut self) -> Option<PartSnapshot<V, P, F>> {
        let newest = self.projection.try_get()?;
        // It may be newer than the news that woke this reader, and shall not be told twice.
        self.wake.saw(newest.generation().get());
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
    /// Whether the service has stopped and its last value was told.
    fn is_terminated(&self) -> bool {
        self.wake.is_over()
    }
}

impl<V, P: ?Sized, F> fmt::Debug for PartChanges<V, P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartChanges").finish_non_exhaustive()
    }
}
