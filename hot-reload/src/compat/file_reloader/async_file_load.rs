//! [`AsyncFileLoad`]: how a value loads itself from a file.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

/// A value that can be loaded from a file without blocking.
#[async_trait]
pub trait AsyncFileLoad: Sized {
    /// The reason why the load failed.
    type Error: Send;

    /// Loads the value from the file at this path.
    async fn async_load_from<T>(path: T) -> Result<Self, Self::Error>
    where
        T: AsRef<Path> + Send;

    /// The other files that this value depends on, which are watched too. A relative path counts from the directory of the
    /// main file. Provided: none.
    fn dependent_paths(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// The other files that the failed load has read, or has tried to read. Provided: none.
    ///
    /// Until the next good load, the service watches them beside those of the last good value. So a load follows as soon as
    /// somebody creates the missing file or fixes the wrong one. A relative path counts from the directory of the main file.
    /// An [`Error`](crate::Error) can carry them: [`Error::with_files`](crate::Error::with_files).
    ///
    /// ```
    /// use std::path::{Path, PathBuf};
    ///
    /// use hot_reload::error::ErrorKind;
    /// use hot_reload::{AsyncFileLoad, Error, async_trait};
    ///
    /// #[derive(Clone, PartialEq, Eq)]
    /// struct Greeting {
    ///     text: String,
    ///     footer: PathBuf,
    /// }
    ///
    /// #[async_trait]
    /// impl AsyncFileLoad for Greeting {
    ///     type Error = Error;
    ///
    ///     async fn async_load_from<T>(path: T) -> Result<Self, Error>
    ///     where
    ///         T: AsRef<Path> + Send,
    ///     {
    ///         let footer = path.as_ref().with_file_name("footer.txt");
    ///         let unreadable = |error: std::io::Error| Error::new(ErrorKind::Unavailable, error.to_string());
    ///         let text = std::fs::read_to_string(path).map_err(unreadable)?;
    ///         let end = std::fs::read_to_string(&footer);
    ///         let end = end.map_err(|error| unreadable(error).with_files([footer.clone()]))?;
    ///         Ok(Self { text: text + &end, footer })
    ///     }
    ///
    ///     fn dependent_paths(&self) -> Vec<PathBuf> {
    ///         vec![self.footer.clone()]
    ///     }
    ///
    ///     fn paths_of_error(error: &Error) -> Vec<PathBuf> {
    ///         error.files().to_vec()
    ///     }
    /// }
    /// ```
    fn paths_of_error(error: &Self::Error) -> Vec<PathBuf> {
        let _ = error;
        Vec::new()
    }
}
