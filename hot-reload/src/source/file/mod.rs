#![doc = include_str!("file.md")]

mod one;
mod opened;

pub(crate) mod fault;
pub(crate) mod os;
pub(crate) mod read;
pub(crate) mod turns;
pub(crate) mod watch;

use std::path::{Path, PathBuf};

pub use self::one::File;
pub use self::opened::{LoadFile, LoadedFile, OpenFile};
pub use self::read::bytes::read;
pub use self::watch::hub::FileEvents;

/// Made absolute, but with its links: where they lead may change.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    // Fails for an empty path and without a current folder; reading the path as it is will say so.
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
