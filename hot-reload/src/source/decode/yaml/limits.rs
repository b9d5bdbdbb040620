//! [`Limits`]: the limits of nesting and of the expansion of anchors.

/// The default for [`Yaml::max_expansion`](crate::source::Yaml::max_expansion), the same as the default size of a file.
const EXPANSION: u64 = 16 << 20;

/// The limits of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) depth: usize,
    /// `None` for the default, which grows with the content.
    pub(super) expansion: Option<u64>,
}

impl Limits {
    /// The most bytes that anchors and aliases may add to content of this length.
    pub(super) fn most(self, length: usize) -> u64 {
        self.expansion
            .unwrap_or_else(|| EXPANSION.max(2 * length as u64))
    }
}
