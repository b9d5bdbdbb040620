//! The ways in which programs change a file, as operations on a folder, with the contents that a reader must see.
//!
//! It uses only the standard library and no test framework; the including crate brings the reader. An operation blocks, and
//! its pauses are part of it.
#![allow(
    dead_code,
    reason = "each program that includes this uses a part of it"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "an operation blocks, as the programs do that it stands for"
)]

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// The content that is there at the start, where one is.
pub(crate) const AT_START: u64 = 1;
/// The contents that follow, one for each step.
pub(crate) const STEPS: [u64; 2] = [2, 3];

/// A way to change a file.
///
/// Its first step is what it is named after. The second does the same again, or changes the file in a simple way. It shows
/// that the watch did not lose the file at the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    InPlaceWrite,
    RenameOver,
    VimSave,
    TruncateAndWrite,
    ConfigMapSwap,
    RepointedLink,
    BadThenFixed,
    Deleted300Ms,
    Deleted5S,
    FolderReplaced,
    AbsentAtStart,
    FolderAbsentAtStart,
    AbsentInLinkedFolder,
}

/// The content that a reader has found in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// All of this one.
    Whole(u64),
    /// A part of one, or parts of two.
    Torn(String),
}

impl Pattern {
    pub(crate) const ALL: [Self; 13] = [
        Self::InPlaceWrite,
        Self::RenameOver,
        Self::VimSave,
        Self::TruncateAndWrite,
        Self::ConfigMapSwap,
        Self::RepointedLink,
        Self::BadThenFixed,
        Self::Deleted300Ms,
        Self::Deleted5S,
        Self::FolderReplaced,
        Self::AbsentAtStart,
        Self::FolderAbsentAtStart,
        Self::AbsentInLinkedFolder,
    ];

    /// In the words of a person who asks what happens to their file.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::InPlaceWrite => "written in place",
            Self::RenameOver => "temporary file renamed over it",
            Self::VimSave => "saved by vim (renamed away as a backup, written again)",
            Self::TruncateAndWrite => "emptied, written 20 ms later",
            Self::ConfigMapSwap => "Kubernetes ConfigMap update (`..data` swapped), twice",
            Self::RepointedLink => "symbolic link pointed at another file, then that one written",
            Self::BadThenFixed => "saved with a mistake, fixed 1.5 s later",
            Self::Deleted300Ms => "deleted, created again after 0.3 s",
            Self::Deleted5S => "deleted, created again after 5 s",
            Self::FolderReplaced => "its directory removed, made again after 1.5 s",
            Self::AbsentAtStart => "absent at the start",
            Self::FolderAbsentAtStart => "its directory absent at the start",
            Self::AbsentInLinkedFolder => "absent at the start, in a linked directory",
        }
    }

    /// The path that the reader follows.
    pub(crate) fn path(self, root: &Path) -> PathBuf {
        match self {
            Self::AbsentInLinkedFolder => root.join("link/app.toml"),
            Self::FolderReplaced | Self::FolderAbsentAtStart => root.join("conf/app.toml"),
            _ => root.join("app.toml"),
        }
    }

    pub(crate) fn has_file_at_start(self) -> bool {
        !matches!(
            self,
            Self::AbsentAtStart | Self::FolderAbsentAtStart | Self::AbsentInLinkedFolder
        )
    }

    /// Makes the folder as it is before the reader starts.
    pub(crate) fn prepare(self, root: &Path) -> io::Result<()> {
        let path = self.path(root);
        match self {
            Self::ConfigMapSwap => {
                publish_volume(root, AT_START)?;
                symlink("..data/app.toml", path)
            }
            Self::RepointedLink => {
                fs::write(root.join("target-1.toml"), text(AT_START))?;
                symlink("target-1.toml", path)
            }
            Self::AbsentInLinkedFolder => {
                fs::create_dir(root.join("real"))?;
                symlink("real", root.join("link"))
            }
            Self::FolderReplaced => {
                fs::create_dir(root.join("conf"))?;
                fs::write(path, text(AT_START))
            }
            Self::AbsentAtStart | Self::FolderAbsentAtStart => Ok(()),
            _ => fs::write(path, text(AT_START)),
        }
    }

    /// Makes the file hold this content, one of [`STEPS`].
    pub(crate) fn step(self, root: &Path, number: u64) -> io::Result<()> {
        let path = self.path(root);
        let first = STEPS.first() == Some(&number);
        match self {
            Self::InPlaceWrite => fs::write(path, text(number)),
            Self::VimSave => {
                let backup = root.join("app.toml~");
                fs::rename(&path, &backup)?;
                fs::write(&path, text(number))?;
                fs::remove_file(backup)
            }
            Self::TruncateAndWrite => {
                fs::write(&path, "")?;
                sleep(Duration::from_millis(20));
                fs::write(path, text(number))
            }
            Self::ConfigMapSwap => publish_volume(root, number),
            Self::RepointedLink if first => {
                fs::write(root.join("target-2.toml"), text(number))?;
                symlink("target-2.toml", root.join("draft"))?;
                fs::rename(root.join("draft"), path)
            }
            Self::RepointedLink => fs::write(root.join("target-2.toml"), text(number)),
            Self::BadThenFixed if first => {
                fs::write(&path, BAD)?;
                sleep(Duration::from_millis(1500));
                fs::write(path, text(number))
            }
            Self::Deleted300Ms | Self::Deleted5S if first => {
                fs::remove_file(&path)?;
                sleep(match self {
                    Self::Deleted300Ms => Duration::from_millis(300),
                    _ => Duration::from_secs(5),
                });
                fs::write(path, text(number))
            }
            Self::FolderReplaced if first => {
                fs::remove_dir_all(root.join("conf"))?;
                sleep(Duration::from_millis(1500));
                fs::create_dir(root.join("conf"))?;
                fs::write(path, text(number))
            }
            Self::AbsentAtStart | Self::FolderAbsentAtStart | Self::AbsentInLinkedFolder
                if first =>
            {
                sleep(Duration::from_millis(1500));
                if self == Self::FolderAbsentAtStart {
                    fs::create_dir(root.join("conf"))?;
                }
                fs::write(path, text(number))
            }
            _ => {
                let draft = path.with_extension("draft");
                fs::write(&draft, text(number))?;
                fs::rename(draft, path)
            }
        }
    }
}

impl Content {
    /// Parses this text: an error if it is invalid, but not if it is merely truncated.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let field = |name: &str| {
            let mut lines = text.lines();
            let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
            value
                .map(|value| value.parse::<u64>())
                .transpose()
                .map_err(|error| format!("{name}: {error}"))
        };
        Ok(Self::between(field("begin")?, field("end")?))
    }

    /// A content is whole if it ends as it begins.
    pub(crate) fn between(begin: Option<u64>, end: Option<u64>) -> Self {
        match (begin, end) {
            (Some(begin), Some(end)) if begin == end => Self::Whole(begin),
            (begin, end) => Self::Torn(format!("begin {begin:?}, end {end:?}")),
        }
    }
}

/// The file with this content: valid TOML, and each part of it that ends with a line is valid, too.
pub(crate) fn text(number: u64) -> String {
    let filler = "filler ".repeat(500);
    format!("begin = {number}\nfiller = \"{filler}\"\nend = {number}\n")
}

/// Content that no reader may accept.
pub(crate) const BAD: &str = "begin = what\n";

/// As the kubelet does it: a new folder, one rename of the link `..data`, and the old folder goes.
fn publish_volume(root: &Path, number: u64) -> io::Result<()> {
    let folder = format!("..generation-{number}");
    fs::create_dir(root.join(&folder))?;
    fs::write(root.join(&folder).join("app.toml"), text(number))?;
    let old = fs::read_link(root.join("..data"));
    symlink(&folder, root.join("..data_tmp"))?;
    fs::rename(root.join("..data_tmp"), root.join("..data"))?;
    match old {
        Ok(old) => fs::remove_dir_all(root.join(old)),
        Err(_) => Ok(()),
    }
}
