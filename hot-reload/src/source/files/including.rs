//! Including further files from a decoder.

use std::ffi::OsStr;
#[cfg(feature = "expand")]
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Files, Part};
use crate::error::{Error, ErrorKind, Location};
use crate::source::include::base::{Folder, parent};
use crate::source::include::context::{Context, Link};
use crate::source::include::included::{Answer, Included, Match};

impl Part {
    /// Reads another file that belongs to the value, and watches it from then on. A relative path is resolved against the
    /// directory of this part.
    ///
    /// A load reads the included files at the same moment as the source. From then on they are watched like it, also after
    /// a load that failed: once a missing file exists, the service loads again. Until the next load, the revision of the value
    /// includes theirs, and a change of one is a change of the value.
    ///
    /// If the file was not read yet, this method returns an error. Pass it on with `?`: the service reads the file and runs the
    /// decoder again. So the same content must always include the same files. A decoder that includes n files one after the
    /// other runs n + 1 times in its first load; later loads know the files of the load before.
    ///
    /// A value may include 256 files and patterns, 10,000 matching files, 16 MiB in each file and 64 MiB in all. A file that is
    /// included several times counts once, but one decoding may include files 20,000 times only.
    /// An included file that becomes empty is treated like an emptied part of a [`Group`](crate::source::Group).
    ///
    /// If the watch delivers content and the decoder includes files, the service loads the source instead of using that content.
    /// A source without a watch is polled, and its included files with it.
    ///
    /// ```
    /// use hot_reload::source::files::{Files, Part};
    /// use hot_reload::source::{File, Source};
    ///
    /// // A list of names. A line `include FILE` stands for the lines of that file.
    /// fn read(part: &Part, names: &mut Vec<String>) -> Result<(), hot_reload::Error> {
    ///     let text = std::str::from_utf8(part.bytes()).map_err(|error| part.refuse(error))?;
    ///     for line in text.lines() {
    ///         match line.strip_prefix("include ") {
    ///             Some(path) => read(&part.include(path)?, names)?,
    ///             None => names.push(line.to_owned()),
    ///         }
    ///     }
    ///     Ok(())
    /// }
    ///
    /// let names = File::new("names.txt").decode_files(|files: &Files| {
    ///     let mut names = Vec::new();
    ///     for part in files.iter() {
    ///         read(part, &mut names)?;
    ///     }
    ///     Ok(names)
    /// });
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Decode`]: the file does not exist, it includes itself through others (the message has the chain), no file
    ///   can have this path, or the path is relative and this part is no file.
    /// - [`ErrorKind::TooLarge`]: there are too many.
    /// - [`ErrorKind::Unavailable`]: the file was not read yet. Return this error unchanged; the decoder then runs again.
    /// - [`ErrorKind::Misconfigured`]: the part was not read by a source.
    pub fn include(&self, path: impl AsRef<Path>) -> Result<Self, Error> {
        self.includer()?.file(path.as_ref())
    }

    /// A file whose content is secret, as by [`include`](Self::include). The revision of the value does not reveal it.
    #[cfg(feature = "expand")]
    pub(in crate::source) fn include_secret(&self, path: &Path) -> Result<Secret, Error> {
        let includer = self.includer()?;
        let (path, name) = includer.path(path)?;
        Ok(match includer.included.file(&path, &name, true) {
            Answer::Known(bytes) => Secret::Content(includer.part(path, name, bytes)),
            Answer::Absent => Secret::Absent,
            Answer::Unread => Secret::Unread(includer.unread(&name)),
            Answer::TooMany(text) => return Err(includer.refuse(ErrorKind::TooLarge, text)),
        })
    }

    /// The environment variable. A change is a change of the value.
    #[cfg(feature = "expand")]
    pub(in crate::source) fn variable(&self, name: &str) -> Option<OsString> {
        match &self.context().included {
            Some(included) => included.variable(name),
            None => std::env::var_os(name),
        }
    }

    /// Reads all files that match a shell pattern, in the order of the bytes of their paths. There may be none, so a pattern without
    /// wildcards is a file that need not exist.
    ///
    /// Each part of the path may have wildcards, as in `conf.d/*.toml` and `sites/*/site.toml`: `*` for any text, `?` for one
    /// byte, `[a-z]` and `[!a-z]` for one byte of a set. `*` matches no hidden files and no temporary files of editors. The
    /// pattern is evaluated again at each load, and the directories are watched. All else is as for [`include`](Self::include).
    ///
    /// # Errors
    ///
    /// As [`include`](Self::include).
    pub fn include_glob(&self, pattern: &str) -> Result<Vec<Self>, Error> {
        self.includer()?.glob(pattern)
    }

    fn includer(&self) -> Result<Includer<'_>, Error> {
        let Context {
            path,
            included,
            via,
        } = self.context();
        let Some(included) = included else {
            let text = "cannot include other files, because no source has read it";
            let error = Error::new(ErrorKind::Misconfigured, text);
            return Err(error.at(Location::new(self.name())));
        };
        let folder = path.as_deref().map(|path| Folder {
            path: parent(path),
            name: parent(Path::new(self.name())),
        });
        let link = Link {
            path: path.clone(),
            name: self.name().to_owned(),
            via: via.clone(),
        };
        Ok(Includer {
            included,
            folder,
            link: Some(Arc::new(link)),
        })
    }
}

impl Files {
    /// Reads another file that belongs to the value, as [`Part::include`] does. A relative path is resolved against the directory
    /// of the source: the directory of a `Dir`, that of the first file of a `Group`, or that of the file itself.
    ///
    /// # Errors
    ///
    /// As [`Part::include`].
    pub fn include(&self, path: impl AsRef<Path>) -> Result<Part, Error> {
        self.includer()?.file(path.as_ref())
    }

    /// Reads all files that match a shell pattern, as [`Part::include_glob`] does. A relative path is resolved against the
    /// directory of the source.
    ///
    /// ```
    /// # #[cfg(feature = "toml")] {
    /// use hot_reload::source::files::{DecodeMerged, Files};
    /// use hot_reload::source::{File, Source, Toml};
    ///
    /// #[derive(PartialEq, serde::Deserialize)]
    /// struct AppConfig {
    ///     port: u16,
    /// }
    ///
    /// // The files of `conf.d` win over `app.toml`.
    /// let config = File::new("app.toml").decode_files(|files: &Files| {
    ///     let mut all: Vec<_> = files.iter().cloned().collect();
    ///     all.extend(files.include_glob("conf.d/*.toml")?);
    ///     Toml::<AppConfig>::new().decode_merged(&Files::in_order(all)?, "app.toml")
    /// });
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Part::include`].
    pub fn include_glob(&self, pattern: &str) -> Result<Vec<Part>, Error> {
        self.includer()?.glob(pattern)
    }

    fn includer(&self) -> Result<Includer<'_>, Error> {
        let Some(included) = self.included() else {
            let text = "no source has read these files, so they cannot include others";
            return Err(Error::new(ErrorKind::Misconfigured, text));
        };
        Ok(Includer {
            included,
            folder: included.folder.clone(),
            link: None,
        })
    }

    /// Lets the parts include files. `path`: that of a part that does not know it, which is the content of the source.
    pub(in crate::source) fn attach(&mut self, included: &Arc<Included>, path: Option<&Path>) {
        for part in self.iter_mut() {
            let context = part.context_mut();
            context.included = Some(Arc::clone(included));
            if context.path.is_none() {
                context.path = path.map(Into::into);
            }
        }
        self.set_included(Arc::clone(included));
    }
}

/// A file whose content is secret.
#[cfg(feature = "expand")]
pub(in crate::source) enum Secret {
    Content(Part),
    Absent,
    /// It was not read yet, so the decoder runs again. It passes this error on.
    Unread(Error),
}

/// A part, or the whole of them, that includes others.
struct Includer<'a> {
    included: &'a Arc<Included>,
    /// Where relative paths lead from.
    folder: Option<Folder>,
    /// `None`: the whole.
    link: Option<Arc<Link>>,
}

impl Includer<'_> {
    /// The absolute path of a file, and its name in errors.
    fn path(&self, path: &Path) -> Result<(PathBuf, String), Error> {
        let folder = self.folder(path)?;
        let path = std::path::absolute(folder.path.join(path))
            .map_err(|error| self.refuse(ErrorKind::Decode, error.to_string()))?;
        self.check_path(&path, false)?;
        let name = folder.display(&path);
        self.check_chain(&path, &name)?;
        Ok((path, name))
    }

    fn file(&self, path: &Path) -> Result<Part, Error> {
        let (path, name) = self.path(path)?;
        match self.included.file(&path, &name, false) {
            Answer::Known(bytes) => Ok(self.part(path, name, bytes)),
            Answer::Absent => Err(match &self.link {
                Some(_) => self.refuse(
                    ErrorKind::Decode,
                    format!("includes {name}, which does not exist"),
                ),
                None => Error::new(ErrorKind::Decode, "is included, but does not exist")
                    .at(Location::new(name)),
            }),
            Answer::Unread => Err(self.unread(&name)),
            Answer::TooMany(text) => Err(self.refuse(ErrorKind::TooLarge, text)),
        }
    }

    fn glob(&self, pattern: &str) -> Result<Vec<Part>, Error> {
        let folder = self.folder(Path::new(pattern))?;
        self.check_path(&folder.path.join(pattern), true)?;
        match self.included.glob(&folder, pattern) {
            Answer::Known(found) => found
                .into_iter()
                .map(|Match { path, name, bytes }| {
                    self.check_chain(&path, &name)?;
                    Ok(self.part(path, name, bytes))
                })
                .collect(),
            Answer::Absent => Ok(Vec::new()),
            Answer::Unread => Err(self.unread(pattern)),
            Answer::TooMany(text) => Err(self.refuse(ErrorKind::TooLarge, text)),
        }
    }

    /// The directory that the path leads from. An absolute path needs none.
    fn folder(&self, path: &Path) -> Result<Folder, Error> {
        match &self.folder {
            _ if path.is_absolute() => Ok(Folder::default()),
            Some(folder) => Ok(folder.clone()),
            None => {
                let path = path.display();
                let text = format!(
                    "includes {path}, which is a relative path, but this source is no file; write an absolute path"
                );
                Err(self.refuse(ErrorKind::Decode, text))
            }
        }
    }

    /// Refuses a path that no file can have. Waiting for such a file is useless.
    fn check_path(&self, path: &Path, is_pattern: bool) -> Result<(), Error> {
        let has_wildcards =
            |name: &[u8]| is_pattern && name.iter().any(|byte| b"*?[".contains(byte));
        let mut names = path.iter().map(OsStr::as_encoded_bytes);
        let text = if path.as_os_str().as_encoded_bytes().contains(&0) {
            "includes a path that contains a zero byte"
        } else if path.as_os_str().len() > MAX_PATH
            || names.any(|name| name.len() > MAX_NAME && !has_wildcards(name))
        {
            "includes a path that is too long"
        } else {
            return Ok(());
        };
        Err(self.refuse(ErrorKind::Decode, text.to_owned()))
    }

    /// Refuses a file that includes itself.
    fn check_chain(&self, path: &Path, name: &str) -> Result<(), Error> {
        let Some(link) = &self.link else {
            return Ok(());
        };
        let mut names = vec![name];
        for link in link.chain() {
            names.push(&link.name);
            if link.path.as_deref() == Some(path) {
                names.reverse();
                let text = format!("includes itself: {}", names.join(" → "));
                return Err(self.refuse(ErrorKind::Decode, text));
            }
        }
        // A link can give one file ever more paths.
        if names.len() > MAX_DEPTH {
            let text = format!("is included through more than {MAX_DEPTH} files");
            return Err(self.refuse(ErrorKind::TooLarge, text));
        }
        Ok(())
    }

    fn part(&self, path: PathBuf, name: String, bytes: Arc<Vec<u8>>) -> Part {
        let context = Context {
            path: Some(path.clone().into_boxed_path()),
            included: Some(Arc::clone(self.included)),
            via: self.link.clone(),
        };
        Part::of_file(path, name, bytes, context)
    }

    fn unread(&self, name: &str) -> Error {
        let text = format!("includes {name}, which was not read yet");
        self.refuse(ErrorKind::Unavailable, text)
    }

    fn refuse(&self, kind: ErrorKind, text: String) -> Error {
        let error = Error::new(kind, text);
        match &self.link {
            Some(link) => error.at(Location::new(&link.name)),
            None => error,
        }
    }
}

/// The longest chain of files that include each other.
const MAX_DEPTH: usize = 32;

/// The longest path and the longest name in it, in bytes. Windows counts units of up to three bytes.
const MAX_PATH: usize = if cfg!(windows) { 3 * 32_767 } else { 4095 };
const MAX_NAME: usize = if cfg!(windows) { 3 * 255 } else { 255 };
