#![doc = include_str!("file.md")]

// From the outside in: the sources, one look, the watch behind it.
mod one;
mod opened;

pub(crate) mod fault;
pub(crate) mod look;
mod memory;
mod patience;
pub(crate) mod read;
mod rest;
mod seen;
pub(crate) mod stamp;
pub(crate) mod tally;
pub(crate) mod tier;
pub(crate) mod turns;
mod view;
mod writing;

pub(crate) mod follow;
mod gaps;
#[cfg(feature = "file-reloader")]
pub(crate) mod handle;
mod hub;
mod track;
mod walk;

mod activity;
pub(crate) mod os;

use std::path::{Path, PathBuf};

pub use self::hub::FileEvents;
pub use self::one::File;
pub use self::opened::{LoadFile, LoadedFile, OpenFile};
pub use self::read::read;

/// Made absolute, but with its links: where they lead may change.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    // Fails for an empty path and without a current folder; reading the path as it is will say so.
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
