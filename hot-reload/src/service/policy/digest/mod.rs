//! [`Digest`]: computes the revision of a value itself.

#[cfg(feature = "diff")]
pub(crate) mod keyed;

use crate::error::Error;
use crate::revision::Revision;

/// Computes the revision of a value.
pub(crate) trait Digest<V>: Send + Sync {
    fn revision(&self, value: &V) -> Result<Revision, Error>;
}
