//! [`Scan`]: lists the selected files of a directory.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::names::Names;
use crate::error::{Error, ErrorKind, Location};
use crate::revision::Revision;
use crate::source::file::fault;
use crate::source::file::read::stamp::Kind;
use crate::source::unit::{Listing, Member, Presence, Roster, Unlisted};

/// A directory and its selection of files.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    /// The path as given.
    pub(super) name: PathBuf,
    pub(super) path: PathBuf,
    pub(super) names: Names,
    /// The number of levels of subdirectories.
    pub(super) depth: usize,
    pub(super) max_files: usize,
}

impl Roster for Scan {
    fn known(&self) -> Listing {
        Listing::new(vec![self.path.clone()], Vec::new())
    }

    fn list(&self) -> Result<Option<Listing>, Unlisted> {
        let mut found = Found::default();
        let error = match self.enter(Path::new(""), 0, &mut found) {
            Ok(()) => return Ok(Some(Listing::new(found.ways, found.members))),
            Err(Refusal::TooMany) => self.too_many(),
            Err(Refusal::System(key, error)) if key.as_os_str().is_empty() => {
                match fs::metadata(&self.path) {
                    Ok(metadata) if !metadata.is_dir() => self.not_a_directory(),
                    _ if fault::is_absent(&error) => return Ok(None),
                    _ => fault::refused(&self.name_of(&key), error),
                }
            }
            Err(Refusal::System(key, error)) => fault::refused(&self.name_of(&key), error),
        };
        // A watch of a directory reports every file in it, so the files found so far need no watches of their own.
        let ways = Listing::new(found.ways, Vec::new());
        Err(Unlisted { error, ways })
    }

    fn name_of(&self, key: &Path) -> String {
        // Joining an empty path would add a slash.
        if key.as_os_str().is_empty() {
            self.name.display().to_string()
        } else {
            self.name.join(key).display().to_string()
        }
    }
}

#[derive(Default)]
struct Found {
    ways: Vec<PathBuf>,
    members: Vec<Member>,
}

enum Refusal {
    /// The system refused access to this path below the directory.
    System(PathBuf, io::Error),
    TooMany,
}

impl Scan {
    /// Lists the directory at this relative path, and its subdirectories.
    fn enter(&self, key: &Path, level: usize, found: &mut Found) -> Result<(), Refusal> {
        let folder = self.path.join(key);
        let refused = |error| Refusal::System(key.to_owned(), error);
        // Joining an empty path would add a slash.
        found.ways.push(if level == 0 {
            self.path.clone()
        } else {
            folder.clone()
        });
        let entries = fs::read_dir(&folder).map_err(refused)?;
        for entry in entries {
            let entry = entry.map_err(refused)?;
            let name = entry.file_name();
            if !self.names.wants(&name) {
                continue;
            }
            let (key, path) = (key.join(&name), folder.join(&name));
            let kind = entry.file_type().map_err(refused)?;
            let kind = if kind.is_symlink() {
                match fs::metadata(&path) {
                    Ok(metadata) => Kind::of(&metadata),
                    // A dangling link. The watch reports when its target appears.
                    Err(_) => {
                        if self.names.fits(&name) {
                            found.ways.push(path);
                        }
                        continue;
                    }
                }
            } else if kind.is_dir() {
                Kind::Directory
            } else if kind.is_file() {
                Kind::File
            } else {
                Kind::Other
            };
            match kind {
                Kind::File if self.names.fits(&name) => {
                    if found.members.len() >= self.max_files {
                        return Err(Refusal::TooMany);
                    }
                    found.members.push(Member {
                        key,
                        path,
                        presence: Presence::Listed,
                    });
                }
                Kind::Directory if level < self.depth => match self.enter(&key, level + 1, found) {
                    // Removed since it was listed.
                    Err(Refusal::System(_, error)) if fault::is_absent(&error) => {}
                    result => result?,
                },
                // A link to a device masks a file, and a pipe is never configuration.
                Kind::File | Kind::Directory | Kind::Other => {}
            }
        }
        Ok(())
    }

    /// Whether a file or a searched directory may have this name.
    pub(super) fn may_matter(&self, name: &OsStr) -> bool {
        self.names.wants(name) && (self.depth > 0 || self.names.fits(name))
    }

    /// The error is the same for any number of files above the limit, so it is reported once.
    fn too_many(&self) -> Error {
        let text = format!(
            "it contains more than the limit of {} files",
            self.max_files
        );
        Error::new(ErrorKind::TooLarge, text)
            .at(Location::new(self.name_of(Path::new(""))))
            .with_revision(Revision::new("too many"))
    }

    fn not_a_directory(&self) -> Error {
        let text = "it is not a directory, but a directory is expected";
        Error::new(ErrorKind::Unavailable, text).at(Location::new(self.name_of(Path::new(""))))
    }
}
