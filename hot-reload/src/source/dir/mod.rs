#![doc = include_str!("dir.md")]

mod names;
mod pattern;
mod scan;

use std::fmt;
use std::path::Path;

use self::names::Names;
use self::pattern::Pattern;
use self::scan::Scan;
use super::Decode;
use super::file::path::absolute;
use super::file::watch::options::{Options, file_options};
use super::files::{DecodeFiles, DecodeMerged, DecodedFiles, Each, Merged};
use super::unit::{Limits, Spec, Unit};

/// All files of a directory, read as one.
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
/// // A service made of it publishes `BTreeMap<PathBuf, Route>`.
/// let routes = Dir::new("routes.d").matching("*.toml").each(Toml::<Route>::new());
/// # }
/// ```
#[must_use = "it does nothing until a service loads it"]
pub struct Dir {
    scan: Scan,
    limits: Limits,
    empty_is_content: bool,
    options: Options,
}

impl Dir {
    /// The directory at this path. A relative path is resolved against the current directory of the process now. Links are
    /// followed again at every load.
    ///
    /// By default, all files in it are read, except hidden files, temporary files of editors, and files in directories below.
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

    /// Reads only files whose name fits this shell pattern: `*` matches any text, `?` one byte, `[a-z]` and `[!a-z]` one byte of a
    /// set. The pattern applies to the name alone, not to the directories above. If it is set several times, a name has to fit
    /// one of the patterns. Default: all files.
    pub fn matching(mut self, pattern: &str) -> Self {
        self.scan.names.patterns.push(Pattern::new(pattern));
        self
    }

    /// Also reads the files in directories up to this many levels below. Default: 0.
    pub fn recursive(mut self, levels: usize) -> Self {
        self.scan.depth = levels;
        self
    }

    /// Also reads hidden files and temporary files of editors: `.x`, `x~`, `x.swp`, `#x#`. Names that begin with `..` are never
    /// read, because they are the store behind the links of a Kubernetes volume.
    pub fn with_hidden(mut self) -> Self {
        self.scan.names.hidden = true;
        self
    }

    /// Refuses a directory with more than this many files. Default: 10,000.
    pub fn max_files(mut self, count: usize) -> Self {
        self.scan.max_files = count;
        self
    }

    /// Refuses a file of more than this many bytes. Default: 16 MiB.
    pub fn max_file_size(mut self, bytes: u64) -> Self {
        self.limits.file = bytes;
        self
    }

    /// Refuses files of more than this many bytes together. Default: 64 MiB.
    pub fn max_total_size(mut self, bytes: u64) -> Self {
        self.limits.total = bytes;
        self
    }

    fn with(mut self, change: impl FnOnce(Options) -> Options) -> Self {
        self.options = change(self.options);
        self
    }

    /// Whether a file that becomes empty or blank is treated like any other. Default: `false`: once a second load after the
    /// debounce window has confirmed an emptied file, the whole is rejected. If all files are empty, they are treated like
    /// removed files; see [`Loaded::Emptied`](crate::Loaded::Emptied).
    pub fn empty_is_content(mut self, is_content: bool) -> Self {
        self.empty_is_content = is_content;
        self
    }

    /// The absolute path.
    pub fn path(&self) -> &Path {
        &self.scan.path
    }

    /// The value of each file by its path in the directory: `BTreeMap<PathBuf, T>`.
    pub fn each<D: Decode>(self, decoder: D) -> DecodedFiles<Each<D>> {
        self.decode_files(Each::new(decoder))
    }

    /// One value of all files, laid over each other: tables are merged key by key, and for everything else the later file
    /// counts. An error is given at its place in the file that is at fault.
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

    /// The one value that `decoder` makes of all files: a function, or what implements [`DecodeFiles`].
    ///
    /// ```
    /// use hot_reload::source::{Dir, Files};
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
        let scan = self.scan.clone();
        let options = self
            .options
            .with_interest(move |name| scan.may_matter(name));
        let spec = Spec {
            name: self.scan.name.display().to_string(),
            roster: Box::new(self.scan),
            limits: self.limits,
            empty_is_content: self.empty_is_content,
        };
        DecodedFiles::new(Unit::new(spec, options), decoder)
    }
}

file_options!(Dir);

impl fmt::Debug for Dir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dir").field(&self.scan.name).finish()
    }
}

/// More than any drop-in directory has; a directory of another kind should not be read whole.
const MAX_FILES: usize = 10_000;
const MAX_FILE: u64 = 16 << 20;
const MAX_TOTAL: u64 = 64 << 20;
