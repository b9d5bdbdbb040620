//! [`Base`]: the base of the relative paths of included files, and how these files are watched.

use std::path::{Path, PathBuf};

#[cfg(feature = "file")]
use crate::source::file::watch::options::Options;

/// The directory against which relative paths of [included](crate::source::files::Part::include) files are resolved.
/// [`Source::base`](crate::source::Source::base) returns it.
///
/// ```
/// use hot_reload::source::{Base, Fetched, File, Source};
/// use hot_reload::{Error, Revision};
///
/// /// A source that wraps another one passes its base on.
/// struct Wrapped(File);
///
/// impl Source for Wrapped {
///     fn name(&self) -> String {
///         self.0.name()
///     }
///
///     async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
///         self.0.fetch(seen).await
///     }
///
///     fn base(&self) -> Base {
///         self.0.base()
///     }
/// }
/// ```
#[derive(Clone, Default)]
pub struct Base {
    /// The path of the file whose content the source returns, if it is a file.
    pub(in crate::source) file: Option<PathBuf>,
    pub(in crate::source) folder: Option<Folder>,
    #[cfg(feature = "file")]
    pub(in crate::source) options: Options,
}

/// A directory, and its name in errors.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::source) struct Folder {
    /// An absolute path.
    pub(in crate::source) path: PathBuf,
    /// The same as a person has written it. Empty: the current directory.
    pub(in crate::source) name: PathBuf,
}

impl Base {
    /// There is no directory: only absolute paths can be included.
    pub fn none() -> Self {
        Self::default()
    }

    /// Resolves relative paths against the directory of this file. Use it if the source returns the content of this file.
    pub fn of_file(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self::at_file(&absolute(path), path)
    }

    /// Resolves relative paths against this directory.
    pub fn directory(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self::at_directory(&absolute(path), path)
    }

    /// The directory of the file at this absolute path, which a person has written as `name`.
    pub(in crate::source) fn at_file(path: &Path, name: &Path) -> Self {
        let folder = Folder {
            path: parent(path),
            name: parent(name),
        };
        Self {
            file: Some(path.to_owned()),
            ..Self::of_folder(folder)
        }
    }

    /// The directory at this absolute path, which a person has written as `name`.
    pub(in crate::source) fn at_directory(path: &Path, name: &Path) -> Self {
        Self::of_folder(Folder {
            path: path.to_owned(),
            name: name.to_owned(),
        })
    }

    fn of_folder(folder: Folder) -> Self {
        let mut base = Self::none();
        base.folder = Some(folder);
        base
    }

    /// Watches included files with these options.
    #[cfg(feature = "file")]
    pub(in crate::source) fn with_options(self, options: &Options) -> Self {
        Self {
            options: options.clone(),
            ..self
        }
    }
}

impl Folder {
    /// The path as a person would write it.
    pub(in crate::source) fn display(&self, path: &Path) -> String {
        match path.strip_prefix(&self.path) {
            Ok(below) => self.name.join(below).display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }
}

/// The directory of a path. Empty if it has none.
pub(in crate::source) fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// Makes the path absolute, and keeps its links.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Base")
            .field("folder", &self.folder.as_ref().map(|folder| &folder.path))
            .finish_non_exhaustive()
    }
}
