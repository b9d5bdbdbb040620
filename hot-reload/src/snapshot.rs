//! [`Snapshot`]: one published value with its metadata.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use crate::event::Trigger;
pub use crate::generation::Generation;
use crate::revision::Revision;

/// A published value with its metadata. It can be held for any time.
///
/// It dereferences to the value and never changes; a newer value has a newer snapshot. It is `Send` and can be held across
/// `.await`. The service frees the value after its last snapshot is dropped.
///
/// It is a shared pointer, as an [`Arc`] of the value and its metadata: a clone costs one atomic increment and copies nothing.
/// Code that demands an `Arc<T>` gets one from a service whose value is an `Arc<T>`, by [`Snapshot::into_arc`].
///
/// The methods are a closed set: `value`, `generation`, `revision`, `loaded_at`, `trigger` and `origin`. They hide methods of
/// the value with these names; write `snapshot.value().origin()` there. Whatever is added is an associated function, so it
/// never hides a method of the value.
pub struct Snapshot<V>(Arc<Published<V>>);

/// A value and its metadata in one allocation, so that no reader sees one without the other.
///
/// The value is the last field, after rarely read fields. The counts of the `Arc` precede it. Each clone and drop of
/// a snapshot writes them, so the value must be on another cache line.
#[repr(C)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub(crate) struct Published<V> {
    pub(crate) generation: Generation,
    pub(crate) revision: Option<Revision>,
    /// Boxed, because most services have none.
    pub(crate) value_revision: Option<Box<Revision>>,
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::time"))]
    pub(crate) loaded_at: SystemTime,
    pub(crate) trigger: Trigger,
    /// The generation of the earlier publication, if this value was rolled back to.
    pub(crate) origin: Option<Generation>,
    /// How many places in the service retain it deliberately.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) engine_shares: AtomicUsize,
    pub(crate) value: V,
}

/// The two counts and the fields before the value fill a cache line.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
const _: () = assert!(2 * size_of::<usize>() + std::mem::offset_of!(Published<u8>, value) >= 64);

impl<V> Snapshot<V> {
    /// A snapshot of this node.
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

    /// The generation of this value.
    pub fn generation(&self) -> Generation {
        self.0.generation
    }

    /// The revision of the source that the value was loaded from, if the source has revisions.
    pub fn revision(&self) -> Option<&Revision> {
        self.0.revision.as_ref()
    }

    /// The revision of the value itself, whatever its format, if the service
    /// [computes](crate::Builder::value_revisions) it. A derived value has that of its origin.
    pub fn value_revision(this: &Self) -> Option<&Revision> {
        this.0.value_revision.as_deref()
    }

    /// When the load of this value ended.
    pub fn loaded_at(&self) -> SystemTime {
        self.0.loaded_at
    }

    /// What caused the load.
    pub fn trigger(&self) -> Trigger {
        self.0.trigger
    }

    /// The generation of the first publication of this value, if a [rollback](crate::Control::rollback_to) published it
    /// again.
    pub fn origin(&self) -> Option<Generation> {
        self.0.origin
    }
}

impl<T: ?Sized> Snapshot<Arc<T>> {
    /// Returns the shared value, for code that takes an `Arc<T>`. Copies nothing.
    ///
    /// The service does not see this share: [`Live::retained`](crate::Live::retained) does not count it, and retire hooks do not
    /// wait for it.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use hot_reload::{Live, Snapshot};
    ///
    /// fn connect(_: Arc<String>) {}
    ///
    /// let address: Live<Arc<String>> = Live::fixed(Arc::new("db:5432".to_owned()));
    /// connect(Snapshot::into_arc(address.get()));
    /// ```
    pub fn into_arc(this: Self) -> Arc<T> {
        Arc::clone(this.value())
    }
}

/// A snapshot that the service retains deliberately. It does not count as a reader.
pub(crate) struct EngineShare<V>(Snapshot<V>);

impl<V> EngineShare<V> {
    pub(crate) fn of(snapshot: &Snapshot<V>) -> Self {
        snapshot.0.engine_shares.fetch_add(1, Ordering::Relaxed);
        Self(snapshot.clone())
    }

    pub(crate) fn snapshot(&self) -> &Snapshot<V> {
        &self.0
    }
}

impl<V> Drop for EngineShare<V> {
    fn drop(&mut self) {
        self.0.0.engine_shares.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<V> Published<V> {
    /// Another value with the metadata of this one.
    pub(crate) fn with<D>(&self, value: D) -> Published<D> {
        Published {
            generation: self.generation,
            revision: self.revision.clone(),
            value_revision: self.value_revision.clone(),
            loaded_at: self.loaded_at,
            trigger: self.trigger,
            origin: self.origin,
            engine_shares: AtomicUsize::new(0),
            value,
        }
    }

    /// Whether the service retains it deliberately.
    pub(crate) fn is_kept_by_engine(&self) -> bool {
        self.engine_shares.load(Ordering::Relaxed) > 0
    }
}

#[cfg(feature = "serde")]
impl<V: serde::Serialize> serde::Serialize for Snapshot<V> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (*self.0).serialize(to)
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
