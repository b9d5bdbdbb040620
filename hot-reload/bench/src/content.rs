//! [`Content`]: the content of the files, and the two ways in which they are changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The settings in a file of three hundred bytes. All competitors decode them by the same function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// The number of the content, unique in a run.
    pub(crate) number: u64,
    settings: Vec<(String, String)>,
}

impl Content {
    pub(crate) fn text(number: u64) -> String {
        let mut text = format!("number = {number}\n");
        for setting in 0..SETTINGS {
            text.push_str(&format!(
                "setting-{setting:02} = value {setting} of {number}\n"
            ));
        }
        text.push_str(END);
        text
    }

    /// A content that was cut off is an error.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let text = text.strip_suffix(END).ok_or("it has no end")?;
        let mut settings = Vec::new();
        for line in text.lines() {
            let (key, value) = line.split_once(" = ").ok_or("a line without a value")?;
            settings.push((key.to_owned(), value.to_owned()));
        }
        let number = match settings.first() {
            Some((key, value)) if key == "number" => value.parse(),
            _ => return Err("it has no number".to_owned()),
        };
        Ok(Self {
            number: number.map_err(|_| "the number is none")?,
            settings,
        })
    }

    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        Self::decode(&fs::read(path).map_err(|error| error.to_string())?)
    }
}

/// How a file gets its next content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// A finished file takes its name.
    Renamed,
    /// It is emptied, written and closed.
    Written,
}

impl How {
    pub(crate) const ALL: [Self; 2] = [Self::Renamed, Self::Written];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Renamed => "renamed over it",
            Self::Written => "written in place",
        }
    }

    /// Prepares the change.
    pub(crate) fn prepare(self, path: &Path, text: &str) -> io::Result<()> {
        match self {
            Self::Renamed => fs::write(draft(path), text),
            Self::Written => Ok(()),
        }
    }

    /// Makes the change.
    pub(crate) fn change(self, path: &Path, text: &str) -> io::Result<()> {
        match self {
            Self::Renamed => fs::rename(draft(path), path),
            Self::Written => fs::write(path, text),
        }
    }
}

/// A draft beside the file, as programs that replace a file write it.
fn draft(path: &Path) -> PathBuf {
    path.with_extension("draft")
}

const SETTINGS: u64 = 10;
const END: &str = "end\n";
