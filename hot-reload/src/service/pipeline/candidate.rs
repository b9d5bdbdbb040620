//! [`Candidate`] and its companions: values on their way to publication.

use std::time::SystemTime;

use crate::event::{Outcome, Trigger};
use crate::hints::Content;
use crate::revision::Revision;
use crate::snapshot::Generation;

/// A value that passed all checks, and its metadata.
pub(crate) struct Candidate<V> {
    pub(crate) value: V,
    pub(crate) revision: Option<Revision>,
    pub(crate) loaded_at: SystemTime,
    pub(crate) trigger: Trigger,
    /// The generation of its first publication, if this is a rollback.
    pub(crate) origin: Option<Generation>,
}

/// The rule by which a loaded value counts as unchanged.
#[derive(Debug)]
pub(crate) enum Sameness<V> {
    /// The values are equal.
    Equal(fn(&V, &V) -> bool),
    /// The revisions are equal.
    Revision,
    /// No value counts as unchanged: each loaded value is published.
    Never,
}

/// A value or a removal that a watch delivered.
#[derive(Debug)]
pub(crate) enum Pushed<V> {
    Value(V),
    /// Not decoded yet.
    Content(Box<Content>),
    Removed,
}

/// How the pipeline goes on after content has become empty.
pub(crate) enum Remains<V> {
    /// Treats it like any other content.
    Content(V, Option<Revision>),
    /// Waits for a second load to find the same.
    Unconfirmed,
    /// The load has ended: the removal policy was applied, or a pause holds the content.
    Ended(Outcome),
}
