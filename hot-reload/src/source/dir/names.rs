//! [`Names`]: which names in a directory are meant.

use std::ffi::OsStr;

use super::pattern::Pattern;

/// Which names are meant. Without any pattern, all that are not left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) patterns: Vec<Pattern>,
    /// Also hidden ones, and the droppings of editors.
    pub(super) hidden: bool,
}

impl Names {
    /// Whether this may be the name of a file or a directory that is meant.
    pub(super) fn wants(&self, name: &OsStr) -> bool {
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

    /// Whether a file of this name is meant.
    pub(super) fn fits(&self, name: &OsStr) -> bool {
        let name = name.as_encoded_bytes();
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.fits(name))
    }
}
