//! [`Others`]: reads the files that a configuration names, and keeps route files within the root.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use axum::body::Bytes;

use super::read;

/// The files that a configuration names, by paths that are relative to its own folder. Each is read once.
pub(super) struct Others<'a> {
    folder: &'a Path,
    /// The result of each read so far.
    seen: HashMap<PathBuf, Option<Bytes>>,
    root: Root,
}

/// The directory within which the files of routes lie.
struct Root {
    /// The path of the configuration's `root`, relative to the working directory.
    path: PathBuf,
    /// The same with links resolved, once needed.
    resolved: Option<PathBuf>,
}

impl<'a> Others<'a> {
    /// No files yet, for a configuration in this folder. Route files must lie within `root`, by default the folder.
    pub(super) fn of(folder: &'a Path, root: Option<&Path>) -> Self {
        let path = root.map_or_else(|| folder.to_owned(), |root| folder.join(root));
        Self {
            folder,
            seen: HashMap::new(),
            root: Root {
                path,
                resolved: None,
            },
        }
    }

    /// Whether the directory of public files is one, although no route may have a file.
    pub(super) fn root_is_there(&mut self) -> Result<(), String> {
        let why = match fs::metadata(&self.root.path) {
            Ok(found) if found.is_dir() => return Ok(()),
            Ok(_) => "it is not a directory; give the directory of the files".to_owned(),
            Err(error) => read::Why::from(error)
                .to_string()
                .replace("file", "directory"),
        };
        self.seen.entry(self.root.path.clone()).or_default();
        Err(format!("cannot use {}: {why}", self.root.path.display()))
    }

    /// The content of a file.
    pub(super) fn read(&mut self, name: &Path) -> Result<Bytes, String> {
        let path = self.folder.join(name);
        if let Some(Some(known)) = self.seen.get(&path) {
            return Ok(known.clone());
        }
        self.read_at(&path.clone(), path)
    }

    /// The content of a file for clients. With links resolved, it must lie within the root.
    pub(super) fn read_public(&mut self, name: &Path) -> Result<Bytes, String> {
        let path = self.folder.join(name);
        if let Some(Some(known)) = self.seen.get(&path)
            && self.root.holds(&path).is_ok()
        {
            return Ok(known.clone());
        }
        match self.root.holds(&path) {
            // Reads the resolved path, so that a link changed meanwhile leads nowhere else.
            Ok(resolved) => self.read_at(&resolved, path),
            Err(why) => {
                self.seen.entry(path).or_default();
                Err(why)
            }
        }
    }

    /// All files that were read or tried, in the same order for equal configurations.
    pub(super) fn into_paths(self) -> Vec<PathBuf> {
        let mut paths: Vec<_> = self.seen.into_keys().collect();
        paths.sort_unstable();
        paths
    }

    fn read_at(&mut self, from: &Path, path: PathBuf) -> Result<Bytes, String> {
        match read::file(from) {
            Ok(content) => {
                let content = Bytes::from(content);
                self.seen.insert(path, Some(content.clone()));
                Ok(content)
            }
            Err(why) => {
                let message = format!("cannot read {}: {why}", path.display());
                self.seen.entry(path).or_default();
                Err(message)
            }
        }
    }
}

impl Root {
    /// The resolved path, if it lies within the root.
    fn holds(&mut self, path: &Path) -> Result<PathBuf, String> {
        let unreadable = |path: &Path, error: io::Error| {
            format!("cannot read {}: {}", path.display(), read::Why::from(error))
        };
        let resolved = fs::canonicalize(path).map_err(|error| unreadable(path, error))?;
        let root = match &self.resolved {
            Some(root) => root,
            None => {
                // A bare file name lies in the working directory.
                let root = match self.path.as_os_str().is_empty() {
                    true => Path::new("."),
                    false => &self.path,
                };
                let root = fs::canonicalize(root).map_err(|error| unreadable(root, error))?;
                self.resolved.insert(root)
            }
        };
        if resolved.starts_with(root) {
            return Ok(resolved);
        }
        // For a device, "is not a regular file" is the more helpful error.
        if !fs::metadata(&resolved).is_ok_and(|found| found.is_file()) {
            return Err(unreadable(path, io::ErrorKind::InvalidInput.into()));
        }
        Err(format!(
            "{} is {}, which lies outside of {}; move it there, or allow it with root = \"…\" at the top",
            path.display(),
            resolved.display(),
            root.display()
        ))
    }
}
