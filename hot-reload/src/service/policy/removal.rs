//! [`RemovalPolicy`]: the value that is visible after the source was removed.

use std::fmt;

/// What is visible after the source was removed, which a second load has confirmed; or from the beginning, if the source
/// has never held anything.
///
/// # Default
///
/// [`Keep`](Self::Keep).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RemovalPolicy<V> {
    /// The last good value.
    #[default]
    Keep,
    /// This value replaces it, as a new generation. Participants prepare for it. Validators and admission policies do not run.
    Replace(V),
}

impl<V> RemovalPolicy<Option<V>> {
    /// Nothing, as a new generation: for a value that is an `Option`.
    ///
    /// A decoder makes one of its values by [`Decode::optional`](crate::source::Decode::optional).
    pub fn clear() -> Self {
        Self::Replace(None)
    }
}

/// The policy as the pipeline needs it.
pub(crate) enum Removal<V> {
    Keep,
    Replace(Box<dyn Fn() -> V + Send + Sync>),
}

impl<V> Removal<V> {
    /// The value to be published.
    pub(crate) fn value(&self) -> Option<V> {
        match self {
            Self::Replace(value) => Some(value()),
            Self::Keep => None,
        }
    }
}

impl<V> From<RemovalPolicy<V>> for Removal<V>
where
    V: Clone + Send + Sync + 'static,
{
    fn from(policy: RemovalPolicy<V>) -> Self {
        match policy {
            RemovalPolicy::Keep => Self::Keep,
            RemovalPolicy::Replace(value) => Self::Replace(Box::new(move || value.clone())),
        }
    }
}

impl<V> fmt::Debug for Removal<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keep => "Keep",
            Self::Replace(_) => "Replace",
        })
    }
}
