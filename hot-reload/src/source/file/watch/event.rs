//! A file event: [`Change`] is what happened, and [`Token`] is the watched name or inode that it happened to.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

/// An event of a name or an inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Bytes were written.
    Written,
    /// A program that could write has closed it.
    Closed,
    /// Another, complete file has taken the name.
    Arrived,
    /// The name was created, and its creator may be about to write.
    Created,
    /// The name is gone.
    Gone,
    /// Anything else: attributes, a directory in the path, a mount.
    Touched,
}

/// Identifies the name or inode of an event. It is unique in the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Token(NonZeroU64);

impl Token {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NonZeroU64::MIN.saturating_add(NEXT.fetch_add(1, Ordering::Relaxed)))
    }
}
