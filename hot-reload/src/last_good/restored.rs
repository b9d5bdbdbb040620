//! [`Restored`]: a value that was read back, with what was known about it when it was saved.

use std::fmt;
use std::time::SystemTime;

use crate::revision::Revision;
use crate::snapshot::Generation;

/// A value from a [`LastGood`](super::LastGood): it was good once, and may be old.
///
/// `Debug` shows all of it but the value.
pub struct Restored<V> {
    pub(crate) value: V,
    pub(crate) generation: Generation,
    pub(crate) revision: Option<Revision>,
    pub(crate) loaded_at: SystemTime,
    pub(crate) saved_at: SystemTime,
}

impl<V> Restored<V> {
    /// The value.
    pub fn value(&self) -> &V {
        &self.value
    }

    /// The value, to keep.
    pub fn into_value(self) -> V {
        self.value
    }

    /// The number that the value had in the service that saved it.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The state of the source that the value was loaded from, if the source has revisions.
    pub fn revision(&self) -> Option<&Revision> {
        self.revision.as_ref()
    }

    /// When the value had been loaded from its source, by the clock of the machine that saved it.
    pub fn loaded_at(&self) -> SystemTime {
        self.loaded_at
    }

    /// When it was saved, by the same clock.
    pub fn saved_at(&self) -> SystemTime {
        self.saved_at
    }
}

impl<V> fmt::Debug for Restored<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restored")
            .field("generation", &self.generation.get())
            .field("revision", &self.revision)
            .field("loaded_at", &self.loaded_at)
            .field("saved_at", &self.saved_at)
            .finish_non_exhaustive()
    }
}
