//! The errors of saving and restoring: what happened, and what to do.

use std::fmt::Display;
use std::io;
use std::path::Path;

use super::format::Refusal;
use crate::error::{Error, ErrorKind, Location};

/// The path is no regular file. Another program created it, so it stays untouched.
pub(super) fn not_a_file(path: &Path, is_link: bool) -> Error {
    let what = match is_link {
        true => {
            "it is a symbolic link, and links are neither followed nor replaced; give the path of the file itself"
        }
        false => "it is a directory, a pipe or a device; give the saved value a path of its own",
    };
    at(path, ErrorKind::Misconfigured, what)
}

/// The path is empty or ends in `..`.
pub(super) fn no_name(path: &Path) -> Error {
    at(
        path,
        ErrorKind::Misconfigured,
        "this path names no file; give one that ends in a file's name",
    )
}

/// The file at the path is not a saved value, and may be needed.
pub(super) fn would_destroy(path: &Path) -> Error {
    at(
        path,
        ErrorKind::Misconfigured,
        "not saved: the file at this path is not a saved value, and is left as it is; \
         give the saved value a path of its own, or move that file away",
    )
}

pub(super) fn too_large_to_save(path: &Path, size: u64, limit: u64) -> Error {
    let text = format!(
        "not saved: {size} bytes are more than the limit of {limit}, and the file is left as it was; \
         raise `max_size`"
    );
    at(path, ErrorKind::TooLarge, text)
}

pub(super) fn too_large_to_restore(path: &Path, limit: u64) -> Error {
    let text = format!(
        "not restored: it is larger than the limit of {limit} bytes; raise `max_size`, or delete it"
    );
    at(path, ErrorKind::TooLarge, text)
}

/// The value could not be encoded; `why` comes from the encoder.
pub(super) fn not_encoded(path: &Path, why: impl Display) -> Error {
    let text = format!("not saved: the value cannot be encoded: {why}; the file is left as it was");
    at(path, ErrorKind::Invalid, text)
}

/// The checksum is right, but the decoder failed.
pub(super) fn not_decoded(path: &Path, why: impl Display) -> Error {
    let text = format!(
        "not restored: the content cannot be decoded: {why}; give the saved value another `schema` \
         when its type changes, or delete the file"
    );
    at(path, ErrorKind::Decode, text)
}

pub(super) fn panicked(path: &Path, what: &str, why: &str) -> Error {
    at(path, ErrorKind::Panicked, format!("{what} panicked: {why}"))
}

pub(super) fn refused(path: &Path, refusal: &Refusal) -> Error {
    at(path, ErrorKind::Decode, format!("not restored: {refusal}"))
}

/// The operating system refused this step of a save. The file is unchanged.
pub(super) fn cannot_save(path: &Path, step: &str, error: io::Error) -> Error {
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied => "; grant this process write access to the directory",
        io::ErrorKind::ReadOnlyFilesystem => "; choose a writable directory",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; make room",
        io::ErrorKind::NotFound => "; create the directory",
        io::ErrorKind::ResourceBusy => "; if the file is mounted by itself, mount its directory",
        io::ErrorKind::InvalidFilename => "; choose a shorter name",
        _ => "",
    };
    let text = format!("not saved: {step}: {error}{remedy}");
    at(path, ErrorKind::Unavailable, text).with_source(error)
}

/// The new file is in place, but a power failure may undo that.
pub(super) fn not_settled(path: &Path, error: io::Error) -> Error {
    let text = format!("saved, but a power failure may restore the previous file: {error}");
    at(path, ErrorKind::Unavailable, text).with_source(error)
}

pub(super) fn cannot_restore(path: &Path, error: io::Error) -> Error {
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; grant this process read access to it and to the directories above it"
        }
        _ => "",
    };
    let text = format!("not restored: {error}{remedy}");
    at(path, ErrorKind::Unavailable, text).with_source(error)
}

/// No thread was available for the work.
pub(super) fn no_thread(path: &Path) -> Error {
    at(
        path,
        ErrorKind::Unavailable,
        "not done: no thread for work on files is available, or the runtime is shutting down",
    )
}

fn at(path: &Path, kind: ErrorKind, text: impl Into<String>) -> Error {
    Error::new(kind, text).at(Location::new(path.display().to_string()))
}
