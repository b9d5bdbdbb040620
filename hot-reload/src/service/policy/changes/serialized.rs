//! [`Serialized`]: compares values as a format would write them.

use serde::Serialize;

use super::{Compare, Comparison};
use crate::diff;

/// See the [module documentation](self).
pub(crate) struct Serialized;

impl<V: Serialize> Compare<V> for Serialized {
    fn compare(&self, old: &V, new: &V, comparison: &mut Comparison) {
        match diff::between(old, new) {
            Ok(diff) => {
                // A replaced item of a list is two changes at one path.
                let mut last = None;
                for change in diff.changes() {
                    if last.replace(change.path()) != Some(change.path()) {
                        comparison.changed.add(|| change.short_path());
                    }
                }
            }
            Err(error) => comparison.problems.push(error),
        }
    }
}
