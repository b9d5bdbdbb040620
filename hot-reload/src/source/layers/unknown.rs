//! [`Unknown`]: what follows a key that the value does not know.

/// What follows a key that the value does not know.
///
/// A struct with `#[serde(flatten)]` takes all keys, and one with `#[serde(deny_unknown_fields)]` refuses them whatever is set here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unknown {
    /// The load is rejected, with the layer, the place and the key that is probably meant.
    Refuse,
    /// The value is published. The status lists the first keys of the content that was decoded last, and the log has a line.
    ///
    /// The status lists them too if that content is then rejected or held, or if its value is the visible one. They stay until other
    /// content is decoded.
    #[default]
    Warn,
    /// The value is published.
    Ignore,
}
