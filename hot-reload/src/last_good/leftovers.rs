//! Leftovers: unfinished files of killed writers. Defines their names; the next save removes them.

use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

use super::disk::{self, Disk};

/// The end of an unfinished file's name. Sixteen hexadecimal digits precede it.
const ENDING: &str = ".unfinished";
const DIGITS: usize = 16;

/// A unique name for an unfinished file beside `name`: `.name.0123456789abcdef.unfinished`.
pub(super) fn new_name(name: &OsStr) -> OsString {
    // Each `RandomState` has its own keys, and the first keys of a thread come from the system's random numbers.
    let number = RandomState::new().hash_one(std::process::id());
    let mut unfinished = OsString::from(".");
    unfinished.push(name);
    unfinished.push(format!(".{number:0DIGITS$x}{ENDING}"));
    unfinished
}

/// Whether this is the name of an unfinished file of `name`.
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

/// Removes the unfinished files of `name` that no living writer has locked.
///
/// A file that cannot be removed stays for the next save. It only takes space.
pub(super) fn remove(disk: &dyn Disk, folder: &Path, name: &OsStr) {
    for path in unfinished(folder, name) {
        let is_file = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
        let Some(file) = is_file
            .then(|| disk::open(&path, true))
            .and_then(Result::ok)
        else {
            continue;
        };
        // Keeps the lock until the name is gone. A writer that locks its file later then sees that its name is gone.
        if matches!(disk.claim(&file), Ok(true)) {
            let _ = disk.remove(&path);
        }
    }
}

/// Reads all names before the first file is removed.
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
    fn new_name_is_recognized_and_unique() {
        let names: Vec<_> = (0..100).map(|_| new_name(OsStr::new("app"))).collect();
        for (at, name) in names.iter().enumerate() {
            assert!(is_unfinished(name, OsStr::new("app")), "{name:?}");
            assert!(!names[..at].contains(name), "{name:?}");
        }
    }

    #[test]
    fn similar_name_is_not_recognized() {
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
