//! [`Unknown`]: what follows a key that the value does not know.

/// What follows a key that the value does not know.
///
/// A struct with `#[serde(flatten)]` takes all keys, and one with `#[serde(deny_unknown_fields)]` refuses them whatever is set here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unknown {
    /// The load is rejected, with the layer, the place and the key that is probably meant.
    Refuse,
    /// The value is published. The status lists the first keys, and the log has a line.
    #[default]
    Warn,
    /// The value is published.
    Ignore,
}
