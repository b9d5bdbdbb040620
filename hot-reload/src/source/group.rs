//! [`Group`]: several named files, read as one.

use std::fmt;
use std::path::{Path, PathBuf};

use super::boxed::BoxSource;
use super::file::path::absolute;
use super::file::watch::options::{Options, file_options};
use super::files::{DecodeFiles, DecodeMerged, DecodedFiles, Merged};
use super::include::base::Base;
use super::unit::{Limits, Listing, Member, Presence, Roster, Spec, Unit, Unlisted};

/// Several named files, read as one, such as a certificate and its key.
///
/// The group is read once all files are at rest, so that the decoder gets the content of one moment. If programs replace the
/// files one after the other, that moment may have an old and a new file. So the decoder or a validator must check that they
/// belong together. If it rejects them, the last good value stays until the other file changes.
///
/// - The files keep the order of their declaration, for [`merge`](Self::merge) and [`Files::iter`](super::files::Files::iter).
/// - If all files are missing and at least one is required, the source is missing.
/// - If some are missing, the load fails after 100 ms with an error that names the first one. An
///   [`optional`](Self::optional) file may be missing: then [`Files::get`](super::files::Files::get) returns `None`. If
///   all files are optional and none exists, the decoder gets a group without files.
/// - A file may be a symbolic link; see [`File`](super::File).
///
/// ```
/// use hot_reload::source::Group;
/// use hot_reload::source::files::Files;
///
/// let pair = Group::new([("certificate", "tls.crt"), ("key", "tls.key")]).decode_files(|files: &Files| {
///     let bytes = |name| files.get(name).map(|file| file.bytes().to_vec()).unwrap_or_default();
///     // Check here that the two belong together.
///     Ok((bytes("certificate"), bytes("key")))
/// });
/// ```
#[must_use = "a group has no effect until it gets a decoder"]
pub struct Group {
    roster: Named,
    limits: Limits,
    empty_is_content: bool,
    options: Options,
}

impl Group {
    /// Reads the files at these paths, each with its name for [`Files::get`](super::files::Files::get). A relative path refers to
    /// the current directory at this call. If two files have the same name, only the later one is read,
    /// at its own position.
    pub fn new<N, P>(files: impl IntoIterator<Item = (N, P)>) -> Self
    where
        N: AsRef<Path>,
        P: AsRef<Path>,
    {
        let mut roster = Named(Vec::new());
        for (name, path) in files {
            roster.add(name.as_ref(), path.as_ref(), Presence::Required);
        }
        Self {
            roster,
            limits: Limits {
                file: MAX_FILE,
                total: u64::MAX,
            },
            empty_is_content: false,
            options: Options::default(),
        }
    }

    /// Adds a file that need not exist, after those declared so far. While it is missing, `Files::get` returns `None`; it is
    /// watched, and its creation is a change. If it is removed, the load waits for 100 ms, because many programs remove a file
    /// for a moment while they replace it. Of two files with one name, the later one counts.
    ///
    /// ```
    /// # #[cfg(feature = "toml")] {
    /// use hot_reload::source::{Group, Toml};
    ///
    /// #[derive(PartialEq, serde::Deserialize)]
    /// struct AppConfig {
    ///     port: u16,
    /// }
    ///
    /// // `local.toml` wins over `app.toml`, and need not exist.
    /// let config = Group::new([("app", "app.toml")])
    ///     .optional("local", "local.toml")
    ///     .merge(Toml::<AppConfig>::new());
    /// # }
    /// ```
    pub fn optional(mut self, name: impl AsRef<Path>, path: impl AsRef<Path>) -> Self {
        self.roster
            .add(name.as_ref(), path.as_ref(), Presence::Optional);
        self
    }

    /// Rejects a file with more bytes. Default: 16 MiB.
    pub fn max_file_size(mut self, bytes: u64) -> Self {
        self.limits.file = bytes;
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

    /// Merges all files into one value, in the order of their declaration: tables are merged key by key; all other values come
    /// from the last file that has them. An error has its location in the file at fault.
    ///
    /// ```
    /// # #[cfg(feature = "toml")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::fs;
    ///
    /// use hot_reload::ReloaderService;
    /// use hot_reload::source::{Group, Toml};
    ///
    /// #[derive(PartialEq, serde::Deserialize)]
    /// struct AppConfig {
    ///     port: u16,
    ///     workers: u16,
    /// }
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = |name: &str| folder.path().join(name);
    /// fs::write(path("app.toml"), "port = 80\nworkers = 2")?;
    /// fs::write(path("local.toml"), "port = 8080")?;
    ///
    /// let files = Group::new([("app", path("app.toml"))]).optional("local", path("local.toml"));
    /// let config = files.merge(Toml::<AppConfig>::new());
    /// let (config, _control) = ReloaderService::watch(config).start().await?;
    /// assert_eq!((config.load().port, config.load().workers), (8080, 2));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "toml"))]
    /// # fn main() {}
    /// ```
    pub fn merge<D: DecodeMerged>(self, decoder: D) -> DecodedFiles<Merged<D>> {
        self.decode_files(Merged::new(decoder))
    }

    /// Decodes all files into one value with a function or another [`DecodeFiles`].
    pub fn decode_files<D: DecodeFiles>(self, decoder: D) -> DecodedFiles<D> {
        DecodedFiles::new(self.into_source(), decoder)
    }

    /// The group as a source of parts.
    pub(crate) fn into_source(self) -> BoxSource {
        let first = self.roster.0.first();
        let base = first.map_or_else(Base::none, |file| {
            Base::at_file(&file.path, Path::new(&file.name))
        });
        let spec = Spec {
            name: self.roster.name(),
            roster: Box::new(self.roster),
            limits: self.limits,
            empty_is_content: self.empty_is_content,
            base,
        };
        BoxSource::new(Unit::new(spec, self.options))
    }
}

file_options!(Group);

struct Named(Vec<NamedFile>);

struct NamedFile {
    key: PathBuf,
    /// The path as given.
    name: String,
    path: PathBuf,
    presence: Presence,
}

impl Named {
    fn add(&mut self, key: &Path, path: &Path, presence: Presence) {
        self.0.retain(|file| file.key != key);
        self.0.push(NamedFile {
            key: key.to_owned(),
            name: path.display().to_string(),
            path: absolute(path),
            presence,
        });
    }

    fn name(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|file| &*file.name).collect();
        names.join(" + ")
    }
}

impl Roster for Named {
    fn known(&self) -> Listing {
        let member = |file: &NamedFile| Member {
            key: file.key.clone(),
            path: file.path.clone(),
            presence: file.presence,
        };
        Listing::declared(self.0.iter().map(member).collect())
    }

    fn list(&self) -> Result<Option<Listing>, Unlisted> {
        Ok(Some(self.known()))
    }

    fn name_of(&self, key: &Path) -> String {
        let file = self.0.iter().find(|file| file.key == key);
        file.map_or_else(|| key.display().to_string(), |file| file.name.clone())
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Group").field(&self.roster.name()).finish()
    }
}

const MAX_FILE: u64 = 16 << 20;
