//! The read side of a service: what request code holds.
//!
//! - [`Live`]: the handle, cloned freely;
//! - [`Guard`], [`Snapshot`], [`Reader`]: three ways to hold one value;
//! - [`Changes`]: the news, one after the other;
//! - [`Callback`]: a function that is called with them.

mod callback;
mod cell;
mod changes;
mod news;
mod publisher;
mod reader;

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::watch;

pub use self::callback::Callback;
use self::cell::Cell;
pub use self::changes::Changes;
use self::news::{News, Wake};
pub(crate) use self::publisher::Publisher;
pub use self::reader::Reader;
use crate::error::{Error, ErrorKind};
use crate::snapshot::Snapshot;

/// The value of a service, as it is now.
///
/// Cloning is cheap. A handle keeps its service running: the service ends when the last handle and the last
/// [`Control`](crate::Control) are gone, or at [`Control::stop`](crate::Control::stop), after which the last value stays
/// readable.
///
/// | accessor | gives | for |
/// |---|---|---|
/// | [`load`](Self::load) | a borrow, not `Send` | a few lines without `.await` |
/// | [`get`](Self::get) | an owned [`Snapshot`], `Send` | a unit of work across `.await` |
/// | [`reader`](Self::reader) | a [`Reader`] that remembers | the loop of a worker |
/// | [`subscribe`](Self::subscribe) | the [`Changes`] | reacting to news |
/// | [`wait_for`](Self::wait_for) | the first [`Snapshot`] that is as wanted | waiting for a certain value |
/// | [`on_change`](Self::on_change) | a [`Callback`] | reacting to news in code that is not async |
///
/// Use one snapshot for one unit of work: two reads may see two values.
pub struct Live<V> {
    cell: Arc<Cell<V>>,
    news: watch::Receiver<News>,
    /// What ends the service when it is dropped for the last time.
    keep: Option<Arc<dyn Any + Send + Sync>>,
}

impl<V> Live<V> {
    /// A handle on a value that never changes, for tests and for programs without a source.
    ///
    /// ```
    /// let live = hot_reload::Live::fixed("hello");
    /// assert_eq!(*live.load(), "hello");
    /// assert_eq!(live.get().generation().get(), 1);
    /// ```
    pub fn fixed(value: V) -> Self {
        let publisher = Publisher::new();
        publisher.publish_fixed(value);
        // The channel's end is kept open by the handle itself, so nobody takes "fixed" for "stopped".
        let live = publisher.live();
        let news: Arc<dyn Any + Send + Sync> = Arc::new(publisher.into_news());
        live.kept_by(news)
    }

    /// The value for a moment: a borrow that never waits.
    ///
    /// The guard is not `Send`, so it cannot be kept across an `.await` of a spawned task; use [`get`](Self::get) there.
    ///
    /// # Panics
    ///
    /// If nothing was published yet. That cannot be after [`Builder::start`](crate::Builder::start), nor after
    /// [`ready`](Self::ready); a handle from elsewhere has [`try_load`](Self::try_load).
    #[track_caller]
    pub fn load(&self) -> Guard<'_, V> {
        self.try_load().expect(NOT_READY)
    }

    /// The value for a moment, if there is one yet.
    pub fn try_load(&self) -> Option<Guard<'_, V>> {
        self.try_get().map(Guard::new)
    }

    /// The value for as long as it is needed: an owned snapshot.
    ///
    /// # Panics
    ///
    /// As [`load`](Self::load).
    #[track_caller]
    pub fn get(&self) -> Snapshot<V> {
        self.try_get().expect(NOT_READY)
    }

    /// An owned snapshot of the value, if there is one yet.
    pub fn try_get(&self) -> Option<Snapshot<V>> {
        self.cell.get()
    }

    /// A reader for the loop of a worker, which remembers the value and only checks whether it is still the newest.
    ///
    /// # Panics
    ///
    /// As [`load`](Self::load).
    #[track_caller]
    pub fn reader(&self) -> Reader<V> {
        Reader::new(self.clone())
    }

    /// The changes from now on. The value of now counts as seen.
    pub fn subscribe(&self) -> Changes<V> {
        Changes::new(self.clone())
    }

    /// Waits until there is a value. Returns at once if there is one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stopped`] if the service stopped before it had one.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost if the future is dropped.
    pub async fn ready(&self) -> Result<(), Error> {
        let mut wake = Wake::from_start(self.news.clone());
        wake.next()
            .await
            .ok_or_else(|| stopped("the service stopped before it had a value"))
    }

    /// Waits for a value that is as wanted. Returns at once if the value of now is.
    ///
    /// There need not be a value yet. A slow caller is not shown every value, but always the newest.
    ///
    /// ```
    /// # struct Config { upstreams: Vec<String> }
    /// # async fn example(live: hot_reload::Live<Config>) -> hot_reload::Result<()> {
    /// let config = live.wait_for(|config| !config.upstreams.is_empty()).await?;
    /// println!("{} upstreams", config.upstreams.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stopped`] if the service stopped without such a value.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost if the future is dropped.
    pub async fn wait_for(&self, wanted: impl FnMut(&V) -> bool) -> Result<Snapshot<V>, Error> {
        let found = self.subscribe().wait_for(wanted).await;
        found.ok_or_else(|| stopped("the service stopped before it had such a value"))
    }

    /// The same handle, which also keeps this alive.
    pub(crate) fn kept_by(self, keep: Arc<dyn Any + Send + Sync>) -> Self {
        Self {
            keep: Some(keep),
            ..self
        }
    }

    /// A handle on the same, which does not keep the service running.
    fn unkept(&self) -> Self {
        Self {
            cell: Arc::clone(&self.cell),
            news: self.news.clone(),
            keep: None,
        }
    }
}

fn stopped(message: &'static str) -> Error {
    Error::new(ErrorKind::Stopped, message)
}

const NOT_READY: &str = "nothing was published yet: await `ready()` first, or use `try_load`";

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

/// A value, borrowed for a moment: from [`Live::load`]. It dereferences to the value, and is not `Send`.
#[must_use = "a guard is only worth what it is read for"]
pub struct Guard<'a, V> {
    snapshot: Snapshot<V>,
    /// Borrowed from the handle, and bound to the thread: what the cheapest implementation needs, and so what is
    /// promised.
    _borrowed: PhantomData<(&'a Live<V>, *const ())>,
}

impl<V> Guard<'_, V> {
    fn new(snapshot: Snapshot<V>) -> Self {
        Self {
            snapshot,
            _borrowed: PhantomData,
        }
    }

    /// The same value as an owned snapshot.
    pub fn to_snapshot(&self) -> Snapshot<V> {
        self.snapshot.clone()
    }
}

impl<V> Deref for Guard<'_, V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.snapshot
    }
}

impl<V: fmt::Debug> fmt::Debug for Guard<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&**self).finish()
    }
}
