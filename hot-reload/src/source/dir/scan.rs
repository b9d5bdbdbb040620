//! [`Scan`]: lists the files of a directory that are to be read.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::names::Names;
use crate::error::{Error, ErrorKind, Location};
use crate::revision::Revision;
use crate::source::file::fault;
use crate::source::file::read::stamp::Kind;
use crate::source::unit::{Listing, Member, Roster, Unlisted};

/// A directory, and the rules for which of its files are read.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    /// The path as it was given.
    pub(super) name: PathBuf,
    pub(super) path: PathBuf,
    pub(super) names: Names,
    /// The number of levels below.
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
        // Joined with nothing, a path gets a slash at its end.
        if key.as_os_str().is_empty() {
            self.name.display().to_string()
        } else {
            self.name.join(key).display().to_string()
        }
    }

    fn is_fixed(&self) -> bool {
        false
    }
}

#[derive(Default)]
struct Found {
    ways: Vec<PathBuf>,
    members: Vec<Member>,
}

enum Refusal {
    /// At this path below the directory.
    System(PathBuf, io::Error),
    TooMany,
}

impl Scan {
    /// Lists the directory with this path below the first, and what is below it.
    fn enter(&self, key: &Path, level: usize, found: &mut Found) -> Result<(), Refusal> {
        let folder = self.path.join(key);
        let refused = |error| Refusal::System(key.to_owned(), error);
        // Joined with nothing, the path would end with a slash.
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
                    // It leads nowhere yet. It is watched, so that its target is read once it exists.
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
                    found.members.push(Member { key, path });
                }
                Kind::Directory if level < self.depth => match self.enter(&key, level + 1, found) {
                    // Gone since it was listed.
                    Err(Refusal::System(_, error)) if fault::is_absent(&error) => {}
                    result => result?,
                },
                // A link to a device masks a file, and a pipe is no configuration.
                Kind::File | Kind::Directory | Kind::Other => {}
            }
        }
        Ok(())
    }

    /// Whether an entry of this name can matter, as a file or as a directory that is read.
    pub(super) fn may_matter(&self, name: &OsStr) -> bool {
        self.names.wants(name) && (self.depth > 0 || self.names.fits(name))
    }

    /// It does not say how many there are, so it is the same error as long as there are too many.
    fn too_many(&self) -> Error {
        let text = format!("it holds more than the limit of {} files", self.max_files);
        Error::new(ErrorKind::TooLarge, text)
            .at(Location::new(self.name_of(Path::new(""))))
            .with_revision(Revision::new("too many"))
    }

    fn not_a_directory(&self) -> Error {
        let text = "it is not a directory, and one is wanted";
        Error::new(ErrorKind::Unavailable, text).at(Location::new(self.name_of(Path::new(""))))
    }
}
