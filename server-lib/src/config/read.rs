//! One bounded read, and why it failed in words that say what to do.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
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

/// The whole content of a file.
pub(super) fn file(path: &Path) -> Result<Vec<u8>, Why> {
    let look = || -> io::Result<Option<Vec<u8>>> {
        let kind = std::fs::metadata(path)?;
        if !kind.is_file() {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(kind.len()).unwrap_or_default());
        File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    };
    match look() {
        Ok(Some(bytes)) if bytes.len() as u64 > MOST => {
            Err(Why::new("it is larger than 16 MiB; give a smaller file"))
        }
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Why::new(
            "it is not a regular file; give the path of a file",
        )),
        Err(error) => Err(error.into()),
    }
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
            _ => Self::new(error.to_string()),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
