//! [`Context`]: what a part needs to include further files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::included::Included;

/// Where a part was read, and the files that it may include.
#[derive(Clone, Default)]
pub(in crate::source) struct Context {
    /// Its absolute path, if it is a file.
    pub(in crate::source) path: Option<Box<Path>>,
    /// `None`: nobody reads further files.
    pub(in crate::source) included: Option<Arc<Included>>,
    /// The part that includes it.
    pub(in crate::source) via: Option<Arc<Link>>,
}

/// A part that includes another one.
pub(in crate::source) struct Link {
    pub(in crate::source) path: Option<Box<Path>>,
    pub(in crate::source) name: String,
    pub(in crate::source) via: Option<Arc<Self>>,
}

impl Context {
    /// A file that was read at this path.
    pub(in crate::source) fn of_file(path: PathBuf) -> Self {
        Self {
            path: Some(path.into_boxed_path()),
            ..Self::default()
        }
    }
}

impl Link {
    /// This part and those through which it is included, from the last to the first.
    pub(in crate::source) fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |link| link.via.as_deref())
    }
}
