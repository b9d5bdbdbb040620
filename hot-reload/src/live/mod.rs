//! The read side of a service: what request code holds.
//!
//! - [`Live`]: the handle, cloned freely;
//! - [`Guard`], [`Snapshot`], [`Reader`]: three ways to hold one value;
//! - [`Projection`], [`LiveWord`]: a part of it;
//! - [`Changes`]: the news, one after the other;
//! - [`Callback`]: a function that is called with them.
//!
//! ```text
//!   Live ─┬─▶ shared ─┬─▶ cell ──▶ hazard, thread, barrier    what is visible; how it is read and freed
//!         │           ├─▶ follow                              what keeps in step with a part of it
//!   Publisher         └─▶ news                                that something is new
//! ```
//!
//! # Limits
//!
//! - The first read of a thread may wait for the first read of another thread: both add to one list of slots.
//! - Reading is lock-free but not wait-free: a read that a publication overtakes tries again.
//! - On Linux, readers rely on the kernel's answer to `membarrier`. A filter that fakes success is not detected.

mod barrier;
mod callback;
mod cell;
mod changes;
mod follow;
mod guard;
mod hazard;
mod news;
mod projection;
mod publisher;
mod reader;
mod shared;
mod stats;
mod sync;
mod thread;
mod wake;
mod word;

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

pub use self::callback::Callback;
pub use self::changes::Changes;
pub use self::guard::Guard;
pub use self::projection::{PartChanges, PartSnapshot, Projection};
pub(crate) use self::publisher::{Publisher, Replaced};
pub use self::reader::Reader;
use self::shared::Shared;
pub use self::stats::ReadStats;
pub use self::word::{LiveWord, Word};
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
/// | [`map`](Self::map) | a [`Projection`] | a component that needs one part |
/// | [`atomic`](Self::atomic) | a [`LiveWord`] | a flag or a limit in the innermost loop |
/// | [`subscribe`](Self::subscribe) | the [`Changes`] | reacting to news |
/// | [`wait_for`](Self::wait_for) | the first [`Snapshot`] that is as wanted | waiting for a certain value |
/// | [`on_change`](Self::on_change), [`for_each`](Self::for_each) | a [`Callback`] | reacting to news in code that is not async |
///
/// Use one snapshot for one unit of work: two reads may see two values. `docs::patterns` has the wrong way beside the right
/// one, for each accessor.
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
    shared: Arc<Shared<V>>,
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
        // Nobody publishes, and nobody stops but the last handle.
        publisher.live().kept_by(Arc::new(publisher.into_ending()))
    }

    /// A short borrow of the value. It never waits for a publication; see the [limits](Self#limits).
    ///
    /// The guard is not `Send`, so it cannot be kept across an `.await` of a spawned task; use [`get`](Self::get) there. A
    /// guard that is kept elsewhere delays nobody: it only keeps its value from being freed.
    ///
    /// # Panics
    ///
    /// If nothing was published yet. That cannot be after [`Builder::start`](crate::Builder::start), nor after
    /// [`ready`](Self::ready); a handle from elsewhere has [`try_load`](Self::try_load).
    #[inline]
    #[track_caller]
    pub fn load(&self) -> Guard<'_, V> {
        let caller = Location::caller();
        let node = self.shared.cell.protect_or(|| not_ready(caller));
        Guard::new(node)
    }

    /// The value for a moment, if there is one yet.
    #[inline]
    pub fn try_load(&self) -> Option<Guard<'_, V>> {
        self.shared.cell.protect().map(Guard::new)
    }

    /// The value for as long as it is needed: an owned snapshot.
    ///
    /// # Panics
    ///
    /// As [`load`](Self::load).
    #[inline]
    #[track_caller]
    pub fn get(&self) -> Snapshot<V> {
        self.try_get().expect(NOT_READY)
    }

    /// An owned snapshot of the value, if there is one yet.
    #[inline]
    pub fn try_get(&self) -> Option<Snapshot<V>> {
        self.shared.cell.get().map(Snapshot::of)
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
        let ready = self.subscribe().wait_for(|_| true).await;
        let ready = ready.map(drop);
        ready.ok_or_else(|| stopped("the service stopped before it had a value"))
    }

    /// Waits for a value that is as wanted. Returns at once if the value of now is.
    ///
    /// There need not be a value yet. A slow caller is not shown every value, but always the newest.
    ///
    /// ```
    /// # struct Config { upstreams: Vec<String> }
    /// # async fn example(live: hot_reload::Live<Config>) -> Result<(), hot_reload::Error> {
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

    /// What readers keep alive of the values that were replaced.
    pub fn stats(&self) -> ReadStats {
        let newest = self.try_load().map(|guard| guard.generation());
        let (retired, oldest) = self.shared.retired();
        ReadStats {
            generation: newest,
            retired,
            oldest_retired: oldest.map(|since| since.elapsed()),
        }
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
            shared: Arc::clone(&self.shared),
            keep: None,
        }
    }
}

#[cold]
fn not_ready(caller: &Location<'_>) -> ! {
    panic!("{NOT_READY} (called at {caller})")
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
