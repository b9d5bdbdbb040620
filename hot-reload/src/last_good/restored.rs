//! [`Restored`]: a restored value with its metadata.

use std::fmt;
use std::time::SystemTime;

use crate::revision::Revision;
use crate::snapshot::Generation;

/// A restored value of a [`LastGood`](super::LastGood). It was good when it was saved, and may be outdated.
///
/// `Debug` omits the value.
///
/// ```
/// use hot_reload::policy::LastGood;
///
/// async fn age(last_good: &LastGood<String>) -> hot_reload::error::Result<()> {
///     if let Some(restored) = last_good.restore().await? {
///         println!("saved at {:?}: {}", restored.loaded_at(), restored.value());
///     }
///     Ok(())
/// }
/// ```
pub struct Restored<V> {
    pub(crate) value: V,
    pub(crate) generation: Generation,
    pub(crate) revision: Option<Revision>,
    pub(crate) loaded_at: SystemTime,
    pub(crate) saved_at: SystemTime,
}

impl<V> Restored<V> {
    /// Borrows the value.
    pub fn value(&self) -> &V {
        &self.value
    }

    /// Returns the value.
    pub fn into_value(self) -> V {
        self.value
    }

    /// The generation of the value in the service that saved it.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The revision of the source that the value was loaded from, if the source has revisions.
    pub fn revision(&self) -> Option<&Revision> {
        self.revision.as_ref()
    }

    /// When the value was loaded from its source, by the clock of the machine that saved it.
    pub fn loaded_at(&self) -> SystemTime {
        self.loaded_at
    }

    /// When the value was saved, by the clock of the machine that saved it.
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
