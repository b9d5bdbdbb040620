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
    /// Whether this is the effective value. Of a table, each layer that is merged into it wins.
    pub wins: bool,
}
