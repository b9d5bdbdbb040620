//! [`Candidate`] and its companions: values on their way to publication.

use std::time::SystemTime;

use crate::event::{Outcome, Trigger};
use crate::revision::Revision;
use crate::snapshot::Generation;

/// A value that everybody has agreed to, and what will be known of it.
pub(crate) struct Candidate<V> {
    pub(crate) value: V,
    pub(crate) revision: Option<Revision>,
    pub(crate) loaded_at: SystemTime,
    pub(crate) trigger: Trigger,
    /// The number under which it was there before, if it is brought back.
    pub(crate) origin: Option<Generation>,
}

/// What it takes for a loaded value to be no change.
#[derive(Debug)]
pub(crate) enum Sameness<V> {
    /// The values are equal.
    Equal(fn(&V, &V) -> bool),
    /// They are of the same revision.
    Revision,
    /// Nothing: whatever is loaded is published.
    Never,
}

/// What a watch delivered beyond a hint.
#[derive(Debug)]
pub(crate) enum Pushed<V> {
    Value(V),
    Removed,
}

/// How the pipeline goes on after content has become empty.
pub(crate) enum Remains<V> {
    /// Treats it like any other content.
    Content(V, Option<Revision>),
    /// Waits for a second load to find the same.
    Unconfirmed,
    /// Has followed the removal policy.
    Default(Outcome),
}
