//! Systems without `stat`: the stamp of a file from the standard library's metadata.

use std::fs::Metadata;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::source::file::read::stamp::{Kind, Stamp};

/// The stamp of this metadata.
pub(crate) fn stamp(metadata: &Metadata) -> Stamp {
    Stamp {
        dev: 0,
        ino: 0,
        size: metadata.len(),
        modified: nanoseconds(metadata.modified().ok()),
        changed: nanoseconds(metadata.created().ok()),
        mode: u32::from(metadata.permissions().readonly()),
        links: 1,
        kind: Kind::of(metadata),
    }
}

fn nanoseconds(time: Option<SystemTime>) -> i128 {
    time.and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_nanos() as i128)
}
