//! Reads a file up to a bound; its errors say what to do.

use std::fmt;
use std::io;
use std::path::Path;

/// The largest file that becomes part of a configuration.
const MOST: u64 = 16 * 1024 * 1024;

/// Why a file could not be read.
#[derive(Debug)]
pub(super) struct Why {
    /// Whether there is no such file.
    pub(super) missing: bool,
    text: String,
}

/// The whole content of a file in one consistent state, read by the rules of the library.
pub(super) fn file(path: &Path) -> Result<Vec<u8>, Why> {
    hot_reload::source::file::read(path, MOST).map_err(Why::from)
}

impl Why {
    fn new(text: impl Into<String>) -> Self {
        Self {
            missing: false,
            text: text.into(),
        }
    }
}

impl From<io::Error> for Why {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self {
                missing: true,
                text: "there is no such file; create it, or correct the path".to_owned(),
            },
            io::ErrorKind::PermissionDenied => {
                Self::new("permission denied; let the user that runs the server read it")
            }
            io::ErrorKind::FileTooLarge => {
                Self::new("it is larger than 16 MiB; give a smaller file")
            }
            io::ErrorKind::InvalidInput => {
                Self::new("it is not a regular file; give the path of a file")
            }
            _ => Self::new(error.to_string()),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
