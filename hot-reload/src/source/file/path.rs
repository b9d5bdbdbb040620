//! Absolute paths.

use std::path::{Path, PathBuf};

/// Makes the path absolute, and keeps its links, because where they lead may change.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    // Fails for an empty path and without a current directory. Reading the path as it is will report the error.
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
