//! [`Names`]: selects files by their names.

use std::ffi::OsStr;

use super::pattern::Pattern;

/// Selects names by patterns. Without a pattern, it selects all names that are not ignored.
#[derive(Debug, Clone, Default)]
pub(in crate::source) struct Names {
    pub(in crate::source) patterns: Vec<Pattern>,
    /// Whether to include hidden files and temporary files of editors.
    pub(in crate::source) hidden: bool,
}

impl Names {
    /// Whether this name of a file or a directory is not ignored.
    pub(in crate::source) fn wants(&self, name: &OsStr) -> bool {
        let name = name.as_encoded_bytes();
        if name.starts_with(b"..") {
            return false;
        }
        let hidden = name.starts_with(b".");
        let dropping = name.ends_with(b"~")
            || name.ends_with(b".swp")
            || (name.starts_with(b"#") && name.ends_with(b"#"));
        self.hidden || !(hidden || dropping)
    }

    /// Whether a file with this name matches a pattern.
    pub(in crate::source) fn fits(&self, name: &OsStr) -> bool {
        let name = name.as_encoded_bytes();
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.fits(name))
    }
}
