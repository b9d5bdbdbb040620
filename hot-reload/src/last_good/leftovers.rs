//! The unfinished files of writers that were killed: how they are named, and how the next writer removes them.

use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

use super::disk::{self, Disk};

/// Behind sixteen hexadecimal digits, this ends the name of an unfinished file.
const ENDING: &str = ".unfinished";
const DIGITS: usize = 16;

/// A name for an unfinished file beside `name`, which nobody has used: `.name.0123456789abcdef.unfinished`.
pub(super) fn new_name(name: &OsStr) -> OsString {
    // Each state has keys of its own, and the first of a thread are the system's random numbers.
    let number = RandomState::new().hash_one(std::process::id());
    let mut unfinished = OsString::from(".");
    unfinished.push(name);
    unfinished.push(format!(".{number:0DIGITS$x}{ENDING}"));
    unfinished
}

/// Whether this is a name of an unfinished file of `name`, and of no other.
fn is_unfinished(candidate: &OsStr, name: &OsStr) -> bool {
    let digits = candidate
        .as_encoded_bytes()
        .strip_prefix(b".")
        .and_then(|rest| rest.strip_prefix(name.as_encoded_bytes()))
        .and_then(|rest| rest.strip_prefix(b"."))
        .and_then(|rest| rest.strip_suffix(ENDING.as_bytes()));
    digits.is_some_and(|digits| {
        digits.len() == DIGITS
            && digits
                .iter()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Removes the unfinished files of `name` that no living writer has claimed.
///
/// What cannot be removed stays for the next: it takes room, and stands in nobody's way.
pub(super) fn remove(disk: &dyn Disk, folder: &Path, name: &OsStr) {
    for path in unfinished(folder, name) {
        let is_file = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
        let Some(file) = is_file
            .then(|| disk::open(&path, true))
            .and_then(Result::ok)
        else {
            continue;
        };
        // The claim is kept until the name is gone, so that the file's writer, should it claim after this, finds no name.
        if matches!(disk.claim(&file), Ok(true)) {
            let _ = disk.remove(&path);
        }
    }
}

/// All names are read before the first one is taken away.
fn unfinished(folder: &Path, name: &OsStr) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| is_unfinished(&entry.file_name(), name))
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_name_is_recognised_and_used_once() {
        let names: Vec<_> = (0..100).map(|_| new_name(OsStr::new("app"))).collect();
        for (at, name) in names.iter().enumerate() {
            assert!(is_unfinished(name, OsStr::new("app")), "{name:?}");
            assert!(!names[..at].contains(name), "{name:?}");
        }
    }

    #[test]
    fn a_name_that_only_looks_like_one_is_not_taken_for_one() {
        let app = OsStr::new("app");
        assert!(is_unfinished(
            OsStr::new(".app.0123456789abcdef.unfinished"),
            app
        ));
        for other in [
            "app",
            ".app",
            "app.0123456789abcdef.unfinished",
            ".app.0123456789abcde.unfinished",
            ".app.0123456789abcdef0.unfinished",
            ".app.0123456789ABCDEF.unfinished",
            ".app.0123456789abcdef.unfinished.bak",
            ".app.0123456789abcdef",
            ".application.0123456789abcdef.unfinished",
            ".app.two.0123456789abcdef.unfinished",
            ".ap.0123456789abcdef.unfinished",
        ] {
            assert!(!is_unfinished(OsStr::new(other), app), "{other}");
        }
    }
}
