//! [`Snapshot`]: one published value, with what is known about its publication.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use crate::event::Trigger;
pub use crate::generation::Generation;
use crate::revision::Revision;

/// A published value, held for as long as you like.
///
/// It dereferences to the value. It never changes; a newer value is a newer snapshot. It is `Send`, may be kept across
/// `.await`, and cloning it costs one counter. The value is freed by the service, some time after the last snapshot of it is
/// gone.
pub struct Snapshot<V>(Arc<Published<V>>);

/// A value and its publication in one piece, so that no reader can see one without the other.
///
/// The value stands last, behind what is rarely read: the counts of an `Arc` in front of it are written to by everybody who
/// takes or drops a snapshot, and that shall not be on the value's cache line.
#[repr(C)]
pub(crate) struct Published<V> {
    pub(crate) generation: Generation,
    pub(crate) revision: Option<Revision>,
    pub(crate) loaded_at: SystemTime,
    pub(crate) trigger: Trigger,
    /// The number under which the value was there before, if it was brought back.
    pub(crate) origin: Option<Generation>,
    /// In how many places the service keeps it on purpose.
    pub(crate) keepsakes: AtomicUsize,
    pub(crate) value: V,
}

/// The two counts, and what stands between them and the value, fill a cache line.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
const _: () = assert!(2 * size_of::<usize>() + std::mem::offset_of!(Published<u8>, value) >= 64);

impl<V> Snapshot<V> {
    /// The node that the snapshot is a share of.
    pub(crate) fn of(node: Arc<Published<V>>) -> Self {
        Self(node)
    }

    pub(crate) fn node(&self) -> &Arc<Published<V>> {
        &self.0
    }

    /// The value.
    pub fn value(&self) -> &V {
        &self.0.value
    }

    /// The number of this value.
    pub fn generation(&self) -> Generation {
        self.0.generation
    }

    /// The state of the source that the value was loaded from, if the source has revisions.
    pub fn revision(&self) -> Option<&Revision> {
        self.0.revision.as_ref()
    }

    /// When the value had been loaded.
    pub fn loaded_at(&self) -> SystemTime {
        self.0.loaded_at
    }

    /// What caused the load.
    pub fn trigger(&self) -> Trigger {
        self.0.trigger
    }

    /// The number under which the value was published for the first time, if it was
    /// [brought back](crate::Control::rollback_to) since.
    pub fn origin(&self) -> Option<Generation> {
        self.0.origin
    }
}

/// A snapshot that the service itself keeps, on purpose: so it is no reader that keeps the value.
pub(crate) struct Keepsake<V>(Snapshot<V>);

impl<V> Keepsake<V> {
    pub(crate) fn of(snapshot: &Snapshot<V>) -> Self {
        snapshot.0.keepsakes.fetch_add(1, Ordering::Relaxed);
        Self(snapshot.clone())
    }

    pub(crate) fn snapshot(&self) -> &Snapshot<V> {
        &self.0
    }
}

impl<V> Drop for Keepsake<V> {
    fn drop(&mut self) {
        self.0.0.keepsakes.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<V> Published<V> {
    /// Whether the service itself keeps it, on purpose.
    pub(crate) fn is_keepsake(&self) -> bool {
        self.keepsakes.load(Ordering::Relaxed) > 0
    }
}

impl<V> Clone for Snapshot<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V> Deref for Snapshot<V> {
    type Target = V;

    fn deref(&self) -> &V {
        self.value()
    }
}

impl<V: fmt::Debug> fmt::Debug for Snapshot<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("value", self.value())
            .field("generation", &self.generation().get())
            .field("revision", &self.revision())
            .field("loaded_at", &self.loaded_at())
            .field("trigger", &self.trigger())
            .field("origin", &self.origin().map(Generation::get))
            .finish()
    }
}
