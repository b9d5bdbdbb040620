//! [`Dir`]: the files of a directory, read as one.

pub(super) mod names;
pub(super) mod pattern;
mod scan;

use std::fmt;
use std::path::Path;

use self::names::Names;
use self::pattern::Pattern;
use self::scan::Scan;
use super::boxed::BoxSource;
use super::decode::Decode;
use super::file::path::absolute;
use super::file::watch::options::{Options, file_options};
use super::files::{DecodeFiles, DecodeMerged, DecodedFiles, Each, Merged};
use super::include::base::Base;
use super::unit::{Limits, Spec, Unit};

#[doc = include_str!("dir.md")]
///
/// # Example
///
/// ```
/// # #[cfg(feature = "toml")] {
/// use hot_reload::source::{Dir, Toml};
///
/// #[derive(PartialEq, serde::Deserialize)]
/// struct Route {
///     to: String,
/// }
///
/// // A service with this source publishes `BTreeMap<PathBuf, Route>`.
/// let routes = Dir::new("routes.d").matching("*.toml").each(Toml::<Route>::new());
/// # }
/// ```
#[must_use = "a directory has no effect until it gets a decoder"]
pub struct Dir {
    scan: Scan,
    limits: Limits,
    empty_is_content: bool,
    options: Options,
}

impl Dir {
    /// Reads the directory at this path. A relative path refers to the current directory at this call. Symbolic links are
    /// followed again at every load.
    ///
    /// By default, it reads all files except hidden files and temporary files of editors, and no subdirectories.
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self {
            scan: Scan {
                name: path.to_owned(),
                path: absolute(path),
                names: Names::default(),
                depth: 0,
                max_files: MAX_FILES,
            },
            limits: Limits {
                file: MAX_FILE,
                total: MAX_TOTAL,
            },
            empty_is_content: false,
            options: Options::default(),
        }
    }

    /// Reads only files whose name matches this shell pattern: `*` matches any text, `?` one byte, `[a-z]` and `[!a-z]` one
    /// byte of a set.
    ///
    /// The pattern applies to the name only, not to its directories. After several calls, a name must match one of the
    /// patterns. Default: all names.
    pub fn matching(mut self, pattern: &str) -> Self {
        self.scan.names.patterns.push(Pattern::new(pattern));
        self
    }

    /// Also reads subdirectories, down to this many levels. Default: 0.
    pub fn recursive(mut self, levels: usize) -> Self {
        self.scan.depth = levels;
        self
    }

    /// Also reads hidden files and temporary files of editors: `.x`, `x~`, `x.swp`, `#x#`.
    ///
    /// Names that begin with `..` are never read: a Kubernetes volume keeps its data there, behind links.
    pub fn with_hidden(mut self) -> Self {
        self.scan.names.hidden = true;
        self
    }

    /// Rejects a directory with more files. Default: 10,000.
    pub fn max_files(mut self, count: usize) -> Self {
        self.scan.max_files = count;
        self
    }

    /// Rejects a file with more bytes. Default: 16 MiB.
    pub fn max_file_size(mut self, bytes: u64) -> Self {
        self.limits.file = bytes;
        self
    }

    /// Rejects files with more bytes in total. Default: 64 MiB.
    pub fn max_total_size(mut self, bytes: u64) -> Self {
        self.limits.total = bytes;
        self
    }

    fn with(mut self, change: impl FnOnce(Options) -> Options) -> Self {
        self.options = change(self.options);
        self
    }

    /// Sets whether a file that becomes empty or blank is treated like any other. Default: `false`.
    ///
    /// By default, the load is rejected once a second load after the debounce window confirms the emptied file. If all files
    /// are empty, they are treated like removed files; see [`Loaded::Emptied`](crate::Loaded::Emptied).
    pub fn empty_is_content(mut self, is_content: bool) -> Self {
        self.empty_is_content = is_content;
        self
    }

    /// The absolute path.
    pub fn path(&self) -> &Path {
        &self.scan.path
    }

    /// Decodes each file separately. The value is a `BTreeMap<PathBuf, T>` by the path in the directory.
    pub fn each<D: Decode>(self, decoder: D) -> DecodedFiles<Each<D>> {
        self.decode_files(Each::new(decoder))
    }

    /// Merges all files into one value: tables are merged key by key; all other values come from the latest file. An error has
    /// its location in the file at fault.
    ///
    /// ```
    /// # #[cfg(feature = "toml")] {
    /// use hot_reload::source::{Dir, Toml};
    ///
    /// #[derive(PartialEq, serde::Deserialize)]
    /// struct AppConfig {
    ///     greeting: String,
    ///     workers: u16,
    /// }
    ///
    /// let config = Dir::new("conf.d").matching("*.toml").merge(Toml::<AppConfig>::new());
    /// # }
    /// ```
    pub fn merge<D: DecodeMerged>(self, decoder: D) -> DecodedFiles<Merged<D>> {
        self.decode_files(Merged::new(decoder))
    }

    /// Decodes all files into one value with a function or another [`DecodeFiles`].
    ///
    /// ```
    /// use hot_reload::source::Dir;
    /// use hot_reload::source::files::Files;
    ///
    /// let words = Dir::new("words.d").decode_files(|files: &Files| {
    ///     let mut words = Vec::new();
    ///     for file in files.iter() {
    ///         let text = std::str::from_utf8(file.bytes()).map_err(|error| file.refuse(error))?;
    ///         words.extend(text.split_whitespace().map(str::to_owned));
    ///     }
    ///     Ok(words)
    /// });
    /// ```
    pub fn decode_files<D: DecodeFiles>(self, decoder: D) -> DecodedFiles<D> {
        DecodedFiles::new(self.into_source(), decoder)
    }

    /// The directory as a source of parts.
    pub(in crate::source) fn into_source(self) -> BoxSource {
        let scan = self.scan.clone();
        let options = self
            .options
            .with_interest(move |name| scan.may_matter(name));
        let base = Base::at_directory(&self.scan.path, &self.scan.name);
        let spec = Spec {
            name: self.scan.name.display().to_string(),
            roster: Box::new(self.scan),
            limits: self.limits,
            empty_is_content: self.empty_is_content,
            base,
        };
        BoxSource::new(Unit::new(spec, options))
    }
}

file_options!(Dir);

impl fmt::Debug for Dir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dir").field(&self.scan.name).finish()
    }
}

/// Larger than usual drop-in directories. It prevents reading a directory of another kind by mistake.
const MAX_FILES: usize = 10_000;
const MAX_FILE: u64 = 16 << 20;
const MAX_TOTAL: u64 = 64 << 20;
