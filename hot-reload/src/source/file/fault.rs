//! The errors of reading a file, which say what to do.

use std::io;

use super::read::stamp::Kind;
use crate::error::{Error, ErrorKind, Location};

/// The operating system refuses. It may allow the access later without any event, so this is never final.
pub(crate) fn refused(name: &str, error: io::Error) -> Error {
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; grant this process read access to it and to the directories above it"
        }
        io::ErrorKind::StaleNetworkFileHandle => "; mount the network file system again",
        _ => "",
    };
    let text = format!("{error}{remedy}");
    unavailable(name, text).with_source(error)
}

/// Whether there is no such file, rather than one that cannot be read.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

pub(crate) fn not_a_file(name: &str, kind: Kind) -> Error {
    unavailable(name, what_it_is(kind))
}

/// Names the kind of a node that is not a regular file.
pub(crate) fn what_it_is(kind: Kind) -> &'static str {
    match kind {
        Kind::Directory => "it is a directory, but a file is expected",
        _ => "it is a pipe, a socket or a device, but a regular file is expected",
    }
}

pub(crate) fn restless(name: &str) -> Error {
    unavailable(
        name,
        "it is written to without a pause; replace it by renaming a finished file",
    )
}

pub(crate) fn too_large(name: &str, max_size: u64) -> Error {
    let text = format!("it is larger than the limit of {max_size} bytes");
    Error::new(ErrorKind::TooLarge, text).at(Location::new(name))
}

fn unavailable(name: &str, text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unavailable, text).at(Location::new(name))
}
