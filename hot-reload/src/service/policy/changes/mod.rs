//! [`Compare`]: finds what a published value changed.

#[cfg(feature = "diff")]
pub(crate) mod serialized;

use crate::error::Error;
use crate::event::ChangedPaths;

/// Compares a published value with the value that it replaced.
pub(crate) trait Compare<V>: Send + Sync {
    /// Adds the differences.
    fn compare(&self, old: &V, new: &V, comparison: &mut Comparison);
}

/// The result of a comparison.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) changed: ChangedPaths,
    /// Why values, or members of a group, could not be compared.
    pub(crate) problems: Vec<Error>,
}
