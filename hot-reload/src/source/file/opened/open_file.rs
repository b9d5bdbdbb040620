//! [`LoadFile`]: makes a value of an open file, for files that are too large to be read into memory first.

use std::error::Error as StdError;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind};
use crate::source::file::read::stamp::Stamp;
use crate::source::file::{fault, os};

/// Turns an open file into a value. It reads or maps the parts that it needs.
///
/// Implemented by every `Fn(&OpenFile) -> Result<V, E>` whose error can be boxed.
///
/// # Contract
///
/// 1. The same content always gives the same result.
/// 2. An error is of kind [`ErrorKind::Decode`] if the content is wrong, and of another kind if the file cannot be read now. The
///    error of a function counts as unreadable if its cause is an error of the operating system.
pub trait LoadFile: Send + Sync + 'static {
    /// The value.
    type Value: Send + Sync + 'static;

    /// Loads the value. May block.
    ///
    /// # Errors
    ///
    /// The content is wrong, or cannot be read.
    fn load_file(&self, file: &OpenFile) -> Result<Self::Value, Error>;
}

impl<F, V, E> LoadFile for F
where
    F: Fn(&OpenFile) -> Result<V, E> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    type Value = V;

    fn load_file(&self, file: &OpenFile) -> Result<V, Error> {
        self(file).map_err(|error| named(file, error.into()))
    }
}

/// A regular file at rest, open for reading, and not read yet.
#[derive(Debug)]
pub struct OpenFile {
    file: File,
    name: String,
    path: PathBuf,
    stamp: Stamp,
}

impl OpenFile {
    pub(super) fn new(file: File, name: String, path: PathBuf, stamp: Stamp) -> Self {
        Self {
            file,
            name,
            path,
            stamp,
        }
    }

    /// The file, at its beginning. To keep it for longer than the loader runs, [clone](std::fs::File::try_clone) it.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The absolute path where it was found, for messages. Another file may have the name by now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path for libraries that insist on one.
    ///
    /// On Linux it leads to this very file while the loader runs, whatever happens to its name. It is invalid afterwards.
    /// Elsewhere, and without `/proc`, it is the path itself. If it leads to another file by then, the file is loaded again.
    pub fn direct_path(&self) -> PathBuf {
        let leads_here =
            |path: &PathBuf| os::stamp_at(path).is_ok_and(|stamp| stamp.same_inode(&self.stamp));
        os::path_of(&self.file)
            .filter(leads_here)
            .unwrap_or_else(|| self.path.clone())
    }

    /// Its size in bytes.
    pub fn len(&self) -> u64 {
        self.stamp.size
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A loader's error, with the name of the file.
fn named(file: &OpenFile, error: Box<dyn StdError + Send + Sync>) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(ours) => return ours.or_at(&file.name),
        Err(error) => error,
    };
    if let Some(code) = code_of_system(&*error) {
        return fault::refused(&file.name, io::Error::from_raw_os_error(code));
    }
    Error::new(ErrorKind::Decode, in_full(&*error)).or_at(&file.name)
}

/// An error with its causes, where it does not name them itself.
fn in_full(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// The code of the operating system's error that is the cause of this one, if one is.
fn code_of_system(error: &(dyn StdError + 'static)) -> Option<i32> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(code) = error.downcast_ref().and_then(io::Error::raw_os_error) {
            return Some(code);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Location;

    fn refused(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let file = File::open(&path).unwrap();
        let stamp = os::stamp_of(&file).unwrap();
        named(
            &OpenFile::new(file, "words".to_owned(), path, stamp),
            error.into(),
        )
    }

    #[test]
    fn error_of_a_loader_includes_its_causes() {
        let error = anyhow::anyhow!("no table").context("section 3");
        let error = refused(error);
        assert_eq!(error.to_string(), "words: section 3: no table");
        assert_eq!(error.kind(), ErrorKind::Decode);
    }

    #[test]
    fn system_error_is_found_below_other_errors() {
        let cause = io::Error::from_raw_os_error(5);
        let error = refused(anyhow::Error::new(cause).context("section 3"));
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let cut_short = refused(io::Error::from(io::ErrorKind::UnexpectedEof));
        assert_eq!(cut_short.kind(), ErrorKind::Decode);
    }

    #[test]
    fn own_error_keeps_its_kind_and_location() {
        let error = Error::new(ErrorKind::Denied, "not for you");
        assert_eq!(refused(error.clone()).to_string(), "words: not for you");
        let placed = refused(error.at(Location::new("other")));
        assert_eq!(placed.to_string(), "other: not for you");
        assert_eq!(placed.kind(), ErrorKind::Denied);
    }
}
