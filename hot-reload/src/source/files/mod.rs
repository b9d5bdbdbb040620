//! Several files, or several keys of a store, that are decoded into one value.
//!
//! - [`Files`]: the parts that were read, each a [`Part`];
//! - [`FilesLimits`]: the bounds of what a source may put in;
//! - [`DecodeFiles`]: decodes them into one value; functions, [`Each`], [`EachKey`] and [`Merged`] implement it;
//! - [`DecodedFiles`]: the source for a service, with `Reload` and `RealtimeWatch`.
//!
//! A directory and a group return [`Files`], and so does any [`Source`](super::Source) whose `fetch` answers
//! [`Fetched::Files`](super::Fetched::Files):
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use hot_reload::source::files::{Files, Part};
//! use hot_reload::source::{DecodeWith, Fetched, Source};
//! use hot_reload::{Error, ReloaderService, Revision};
//!
//! /// The keys of a store under one prefix, with their revisions.
//! struct Prefix(BTreeMap<String, (u64, String)>);
//!
//! impl Source for Prefix {
//!     fn name(&self) -> String {
//!         "store/limits/".to_owned()
//!     }
//!
//!     async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
//!         let tokens = self.0.iter().flat_map(|(key, (revision, _))| [Revision::new(key), Revision::from(*revision)]);
//!         let revision = Revision::join(tokens);
//!         if seen == Some(&revision) {
//!             return Ok(Fetched::Unchanged);
//!         }
//!         let parts = self.0.iter().map(|(key, (_, value))| Part::new(key, value.as_bytes()));
//!         let files = Files::new(parts).map_err(|error| error.with_revision(revision.clone()))?;
//!         Ok(Fetched::Files { files, revision })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let store = BTreeMap::from([("ann".to_owned(), (7, "10".to_owned())), ("bob".to_owned(), (9, "20".to_owned()))]);
//! let number = DecodeWith::new(|bytes| String::from_utf8_lossy(bytes).parse::<u32>());
//! let (limits, _control) = ReloaderService::builder(Prefix(store).each(number)).start().await?;
//! assert_eq!(limits.load()["bob"], 20);
//! # Ok(())
//! # }
//! ```

mod alone;
mod decoded;
mod each;
pub(super) mod emptied;
#[cfg(feature = "dir")]
pub(super) mod including;
mod limits;
mod load;
mod merge;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::decoded::DecodedFiles;
pub use self::each::{Each, EachKey};
pub use self::limits::FilesLimits;
pub use self::merge::{DecodeMerged, Merged};
#[cfg(feature = "dir")]
use super::include::context::Context;
#[cfg(feature = "dir")]
use super::include::included::Included;
use crate::error::{Error, ErrorKind};

/// The files of a directory or a group, or the parts of another source, all as they were at one moment.
///
/// The files of a group are in the order of their declaration. All other parts are ordered by the bytes of their keys.
///
/// A decoder can [include](Part::include) further files.
#[derive(Clone, Default)]
pub struct Files {
    parts: Vec<Part>,
    #[cfg(feature = "dir")]
    included: Option<Arc<Included>>,
}

/// One of [`Files`]: a key and its content. Cloning shares the content.
#[derive(Clone)]
pub struct Part {
    key: Key,
    name: String,
    bytes: Arc<Vec<u8>>,
    #[cfg(feature = "dir")]
    context: Context,
}

/// Texts are equal if all their bytes are. Paths are equal if they have the same components.
#[derive(Clone, PartialEq, Eq)]
enum Key {
    Text(String),
    #[cfg_attr(
        not(feature = "dir"),
        allow(dead_code, reason = "only directories and groups have paths")
    )]
    Path(PathBuf),
}

impl Key {
    fn as_path(&self) -> &Path {
        match self {
            Self::Text(text) => Path::new(text),
            Self::Path(path) => path,
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.as_path().as_os_str().as_encoded_bytes()
    }

    fn is(&self, key: &OsStr) -> bool {
        match self {
            Self::Text(text) => OsStr::new(text) == key,
            Self::Path(path) => path == Path::new(key),
        }
    }
}

/// Decodes several files into one value.
///
/// Implemented by every `Fn(&Files) -> Result<V, Error>`, by [`Each`], by [`EachKey`] and by [`Merged`].
///
/// # Contract
///
/// 1. The same files, with those that it [includes](Part::include), always give the same result.
/// 2. An error names the file at fault if there is one. [`Part::decode`] and [`Part::refuse`] do this.
pub trait DecodeFiles: Send + Sync + 'static {
    /// The decoded value.
    type Value: Send + Sync + 'static;

    /// Decodes the files of the source with this name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`], with the location of the fault.
    fn decode_files(&self, files: &Files, name: &str) -> Result<Self::Value, Error>;
}

impl<F, V> DecodeFiles for F
where
    F: Fn(&Files) -> Result<V, Error> + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    type Value = V;

    fn decode_files(&self, files: &Files, _: &str) -> Result<V, Error> {
        self(files)
    }
}

// ===== impl Files =====

impl Files {
    /// `parts` must be in order, and each key unique.
    pub(super) fn ordered(parts: Vec<Part>) -> Self {
        Self {
            parts,
            #[cfg(feature = "dir")]
            included: None,
        }
    }

    #[cfg(feature = "dir")]
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Part> {
        self.parts.iter_mut()
    }

    #[cfg(feature = "dir")]
    fn included(&self) -> Option<&Arc<Included>> {
        self.included.as_ref()
    }

    #[cfg(feature = "dir")]
    fn set_included(&mut self, included: Arc<Included>) {
        self.included = Some(included);
    }

    /// Iterates over the parts: those of a group in the order of their declaration, others by the bytes of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Part> + ExactSizeIterator {
        self.parts.iter()
    }

    /// The part with this key: the path in the directory, the name in the group, or the key in the store.
    pub fn get(&self, key: impl AsRef<Path>) -> Option<&Part> {
        let key = key.as_ref().as_os_str();
        self.iter().find(|part| part.key.is(key))
    }

    /// The number of parts.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there is no part.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

// ===== impl Part =====

impl Part {
    /// Makes a part from its key and its content. Errors name it by its key.
    pub fn new(key: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let key = key.into();
        Self {
            name: key.clone(),
            key: Key::Text(key),
            bytes: Arc::new(bytes.into()),
            #[cfg(feature = "dir")]
            context: Context::default(),
        }
    }

    /// Sets the name in errors, such as a URL without credentials. Default: the key.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    #[cfg(feature = "dir")]
    pub(super) fn of_file(
        key: PathBuf,
        name: String,
        bytes: Arc<Vec<u8>>,
        context: Context,
    ) -> Self {
        Self {
            key: Key::Path(key),
            name,
            bytes,
            context,
        }
    }

    #[cfg(feature = "dir")]
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    #[cfg(feature = "dir")]
    pub(super) fn context_mut(&mut self) -> &mut Context {
        &mut self.context
    }

    /// The content, shared.
    #[cfg(feature = "dir")]
    pub(super) fn shared_bytes(&self) -> &Arc<Vec<u8>> {
        &self.bytes
    }

    /// The key in the store, the path relative to the directory, or the name in the group. Invalid UTF-8 in a path is replaced.
    pub fn key(&self) -> Cow<'_, str> {
        match &self.key {
            Key::Text(text) => Cow::Borrowed(text),
            Key::Path(path) => path.to_string_lossy(),
        }
    }

    /// The path relative to the directory, the name in the group, or the key in the store.
    pub fn path(&self) -> &Path {
        self.key.as_path()
    }

    /// The name in errors: a path as a person would write it, or the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The content.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// An error about the content of this part, with this reason.
    pub fn refuse(&self, reason: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Decode, reason.to_string()).or_at(&self.name)
    }
}

impl PartialEq for Files {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for Files {}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Files").field(&self.parts).finish()
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        (&self.key, &self.name, &self.bytes) == (&other.key, &other.name, &other.bytes)
    }
}

impl Eq for Part {}

/// Shows the size of the content instead of the content, which may be a private key.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("name", &self.name)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
