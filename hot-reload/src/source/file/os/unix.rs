//! Unix: the stamp of a file from its `stat`.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use crate::source::file::read::stamp::{Kind, Stamp};

/// The stamp of this metadata.
pub(crate) fn stamp(metadata: &Metadata) -> Stamp {
    Stamp {
        dev: metadata.dev(),
        ino: metadata.ino(),
        size: metadata.size(),
        modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        mode: metadata.mode(),
        links: metadata.nlink(),
        kind: Kind::of(metadata),
    }
}

fn nanoseconds(seconds: i64, rest: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(rest)
}
