//! [`RemovalPolicy`]: the value that is visible after the source was removed.

use std::fmt;

/// The value that is visible after the source was removed, which a second load has confirmed. It also applies at the start, if
/// the source has no content.
///
/// # Default
///
/// [`Keep`](Self::Keep).
///
/// # Example
///
/// ```
/// use hot_reload::policy::RemovalPolicy;
///
/// let policy = RemovalPolicy::Replace(vec!["localhost".to_owned()]);
/// # drop(policy);
/// ```
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
    /// Publishes `None` as a new generation, for a value that is an `Option`.
    ///
    /// [`Decode::optional`](crate::source::Decode::optional) turns the values of a decoder into options.
    pub fn clear() -> Self {
        Self::Replace(None)
    }
}

/// The policy without the bounds of its value, for the pipeline.
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
