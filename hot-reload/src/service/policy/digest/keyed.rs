//! [`Keyed`]: the revision of a value under a key.

use serde::Serialize;

use super::Digest;
use crate::diff::{RevisionKey, value_revision};
use crate::error::Error;
use crate::revision::Revision;

/// See the [module documentation](self).
pub(crate) struct Keyed(pub(crate) RevisionKey);

impl<V: Serialize> Digest<V> for Keyed {
    fn revision(&self, value: &V) -> Result<Revision, Error> {
        value_revision(value, self.0)
    }
}
