//! The layers of [`Layers`] that are files or directories.

use std::path::Path;

use super::builder::Layers;
use super::layer::{Kind, Reading, Source};
#[cfg(not(any(feature = "json", feature = "toml", feature = "yaml")))]
use crate::error::Error;
use crate::source::Source as _;

impl<T> Layers<T> {
    /// Adds a file that must exist. The extension decides the format: `.toml`, `.json`, `.yaml` or `.yml`.
    ///
    /// With an extension that has no format, or whose feature is off, the service cannot start.
    pub fn file(self, path: impl AsRef<Path>) -> Self {
        self.add_file(path.as_ref(), true)
    }

    /// Adds a file that need not exist, as [`file`](Self::file). It is watched while it is missing.
    pub fn optional_file(self, path: impl AsRef<Path>) -> Self {
        self.add_file(path.as_ref(), false)
    }

    fn add_file(self, path: &Path, is_required: bool) -> Self {
        let name = path.display().to_string();
        #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
        let reading = crate::source::Format::of_path(path).map(Reading::Format);
        #[cfg(not(any(feature = "json", feature = "toml", feature = "yaml")))]
        let reading: Result<Reading, Error> = Err(super::builder::refused(
            &name,
            "cannot be decoded: turn on one of the features `toml`, `json` and `yaml` of hot_reload".to_owned(),
        ));
        let kind = match reading {
            Ok(reading) => Kind::Source(Source {
                source: crate::source::File::new(path).boxed(),
                reading,
                is_required,
            }),
            Err(error) => Kind::Fixed(Err(error)),
        };
        self.add(name, kind)
    }

    /// Adds the drop-in files of a directory, merged in the order of their names. It need not exist.
    ///
    /// The extension of each file decides its format. Files with other extensions, hidden files, temporary files of editors and
    /// subdirectories are left out.
    #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
    pub fn dir(self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let mut dir = crate::source::Dir::new(path);
        for extension in EXTENSIONS {
            dir = dir.matching(&format!("*.{extension}"));
        }
        let source = Source {
            source: dir.into_source(),
            reading: Reading::Extension,
            is_required: false,
        };
        self.add(path.display().to_string(), Kind::Source(source))
    }

    /// Adds a directory of secrets with one file for each value, such as `/run/secrets`. It need not exist.
    ///
    /// The name of a file is the path of its value, where `__` stands for a dot: `db__password` is `db.password`.
    /// Each subdirectory adds a key, down to 8 levels. Names keep their case. Hidden files are left out. One line break at the end is removed. The values are [texts](Self#texts), and no error quotes them.
    pub fn secrets(self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let dir = crate::source::Dir::new(path)
            .recursive(SECRET_LEVELS)
            .max_files(SECRETS);
        let source = Source {
            source: dir.into_source(),
            reading: Reading::Secrets,
            is_required: false,
        };
        self.add(path.display().to_string(), Kind::Source(source))
    }

    /// Adds the assignments of a `.env` file whose names have this prefix, as [`env`](Self::env). It need not exist.
    ///
    /// Each line is `NAME=value`, with or without `export` before it. `#` begins a comment at the start of a line, after white space,
    /// or after a closing quote. A value in single quotes is taken as it is; one in
    /// double quotes has the escapes `\n`, `\r`, `\t`, `\\`, `\"` and `\$`. Both may span lines. Variables in values are not
    /// replaced. The environment of the process stays as it is.
    pub fn dotenv(self, path: impl AsRef<Path>, prefix: impl Into<String>) -> Self {
        let path = path.as_ref();
        let prefix = prefix.into();
        let source = Source {
            source: crate::source::File::new(path).boxed(),
            reading: Reading::Dotenv { prefix },
            is_required: false,
        };
        self.add(path.display().to_string(), Kind::Source(source))
    }
}

/// The most levels of directories of secrets, and the most files in them.
const SECRET_LEVELS: usize = 8;
const SECRETS: usize = 1_000;

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
const EXTENSIONS: &[&str] = &[
    #[cfg(feature = "toml")]
    "toml",
    #[cfg(feature = "json")]
    "json",
    #[cfg(feature = "yaml")]
    "yaml",
    #[cfg(feature = "yaml")]
    "yml",
];
