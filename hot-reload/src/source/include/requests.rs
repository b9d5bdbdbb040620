//! [`Requests`]: the files and patterns that a decoder includes.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::base::Folder;
use super::glob::Glob;

/// Included files by their absolute path, and patterns.
#[derive(Debug, Clone, Default)]
pub(in crate::source) struct Requests {
    /// Each with its name in errors.
    files: BTreeMap<PathBuf, Arc<str>>,
    globs: BTreeMap<(Folder, String), Arc<Glob>>,
}

impl Requests {
    pub(in crate::source) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.globs.is_empty()
    }

    fn len(&self) -> usize {
        self.files.len() + self.globs.len()
    }

    pub(in crate::source) fn has_file(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// The pattern, if it was requested.
    pub(in crate::source) fn glob(&self, folder: &Folder, pattern: &str) -> Option<&Arc<Glob>> {
        self.globs.get(&(folder.clone(), pattern.to_owned()))
    }

    /// Adds a file. `false`: there are too many.
    pub(in crate::source) fn add_file(&mut self, path: &Path, name: &str) -> bool {
        if self.has_file(path) {
            return true;
        }
        let fits = self.len() < MAX_REQUESTS;
        if fits {
            self.files.insert(path.to_owned(), name.into());
        }
        fits
    }

    /// Adds a pattern. `false`: there are too many.
    pub(in crate::source) fn add_glob(&mut self, folder: &Folder, pattern: &str) -> bool {
        if self.glob(folder, pattern).is_some() {
            return true;
        }
        let fits = self.len() < MAX_REQUESTS;
        if fits {
            let glob = Arc::new(Glob::new(folder.clone(), pattern));
            self.globs
                .insert((folder.clone(), pattern.to_owned()), glob);
        }
        fits
    }

    /// Whether all of `other` are among these.
    pub(in crate::source) fn cover(&self, other: &Self) -> bool {
        let mut files = other.files.keys();
        let mut globs = other.globs.keys();
        files.all(|path| self.has_file(path)) && globs.all(|glob| self.globs.contains_key(glob))
    }

    /// Adds those of `other`. If all of them are too many, only those of `other` remain.
    pub(in crate::source) fn extend(&mut self, other: Self) {
        self.files.extend(other.files.clone());
        self.globs.extend(other.globs.clone());
        if self.len() > MAX_REQUESTS {
            *self = other;
        }
    }

    /// Whether the file at this path was requested, or matches a pattern.
    pub(in crate::source) fn want(&self, path: &Path) -> bool {
        self.has_file(path) || self.globs().any(|glob| glob.fits(path))
    }

    /// Whether a change of this name may matter to a pattern.
    pub(in crate::source) fn may_matter(&self, name: &OsStr) -> bool {
        self.globs().any(|glob| glob.may_matter(name))
    }

    /// The name of this file in errors.
    pub(in crate::source) fn name_of(&self, path: &Path) -> String {
        if let Some(name) = self.files.get(path) {
            return name.to_string();
        }
        match self.globs().find(|glob| path.starts_with(glob.start())) {
            Some(glob) => glob.display(path),
            None => path.display().to_string(),
        }
    }

    pub(in crate::source) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }

    pub(in crate::source) fn globs(&self) -> impl Iterator<Item = &Glob> {
        self.globs.values().map(|glob| &**glob)
    }
}

/// The most files and patterns that one value may include.
pub(in crate::source) const MAX_REQUESTS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(names: std::ops::Range<usize>) -> Requests {
        let mut requests = Requests::default();
        for name in names {
            assert!(requests.add_file(Path::new(&name.to_string()), "name"));
        }
        requests
    }

    #[test]
    fn p17_requests_stay_within_the_limit_over_all_rounds() {
        let mut known = requests(0..2);
        known.extend(requests(2..MAX_REQUESTS));
        assert_eq!(known.len(), MAX_REQUESTS);
        known.extend(requests(300..302));
        assert_eq!(known.len(), 2);
        assert!(known.cover(&requests(300..302)));
    }
}
