//! [`MemberChanges`]: what changed in the values of the members.

use std::sync::Arc;

use crate::error::Error;
use crate::service::policy::changes::{Compare, Comparison};
use crate::snapshot::Snapshot;

type Find<C, V> = dyn Fn(&C) -> Option<Snapshot<V>> + Send + Sync;

/// The comparisons of several members, as a list. Each compares the values of one member, if the member has changed.
pub(super) struct MemberChanges<C, V> {
    pub(super) before: Option<Arc<dyn Compare<C>>>,
    pub(super) name: String,
    pub(super) compare: Arc<dyn Compare<V>>,
    /// Finds the member's value in a value of the group.
    pub(super) find: Arc<Find<C, V>>,
}

impl<C: Send + Sync, V: Send + Sync> Compare<C> for MemberChanges<C, V> {
    fn compare(&self, old: &C, new: &C, comparison: &mut Comparison) {
        if let Some(before) = &self.before {
            before.compare(old, new, comparison);
        }
        let mut own = Comparison::default();
        match ((self.find)(old), (self.find)(new)) {
            (Some(old), Some(new)) if old.generation() != new.generation() => {
                self.compare.compare(&old, &new, &mut own);
            }
            // The whole value of the member came or went.
            (Some(_), None) | (None, Some(_)) => own.changed.add(|| ".".to_owned()),
            (Some(_), Some(_)) | (None, None) => {}
        }
        comparison.changed.add_member(&self.name, own.changed);
        let problems = own.problems.into_iter();
        let problems =
            problems.map(|error| Error::new(error.kind(), format!("{}: {error}", self.name)));
        comparison.problems.extend(problems);
    }
}
