//! [`KeyAnswer`]: the answer of one layer about a key.

/// The answer of one layer about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyAnswer {
    /// The name of the layer.
    pub layer: String,
    /// The file, line and column, or the variable.
    pub place: String,
    /// The value in this layer. Secrets are masked.
    pub value: String,
    /// Whether this layer provides the effective value. For a table, it is true for each layer that is merged into it.
    pub wins: bool,
}
