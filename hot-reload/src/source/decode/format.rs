//! [`Format`]: a format of configuration files.

use std::path::Path;

use crate::error::{Error, ErrorKind};

/// A format of configuration files. Each has a feature of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// TOML, decoded by [`Toml`](crate::source::Toml).
    #[cfg(feature = "toml")]
    Toml,
    /// JSON, decoded by [`Json`](crate::source::Json).
    #[cfg(feature = "json")]
    Json,
    /// YAML, decoded by [`Yaml`](crate::source::Yaml).
    #[cfg(feature = "yaml")]
    Yaml,
}

impl Format {
    /// The format of a file by its extension: `.toml`, `.json`, `.yaml` or `.yml`, in any case.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] for another extension, or if the feature of the format is off.
    ///
    /// ```
    /// # #[cfg(feature = "toml")] {
    /// use hot_reload::source::Format;
    ///
    /// assert_eq!(Format::of_path("app.toml").unwrap(), Format::Toml);
    /// let error = Format::of_path("app.ini").unwrap_err();
    /// assert_eq!(error.to_string(), "app.ini: has no extension of a known format: expected .toml, .json, .yaml or .yml");
    /// # }
    /// ```
    pub fn of_path(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        let name = match extension.to_str() {
            Some(name @ ("toml" | "json" | "yaml")) => name,
            Some("yml") => "yaml",
            _ => {
                let text =
                    "has no extension of a known format: expected .toml, .json, .yaml or .yml";
                return Err(refused(path, text));
            }
        };
        Self::named(name).ok_or_else(|| {
            let text = format!("cannot be decoded: the feature `{name}` of hot_reload is off");
            refused(path, text)
        })
    }

    /// `None` if the feature of the format is off.
    fn named(name: &str) -> Option<Self> {
        match name {
            #[cfg(feature = "toml")]
            "toml" => Some(Self::Toml),
            #[cfg(feature = "json")]
            "json" => Some(Self::Json),
            #[cfg(feature = "yaml")]
            "yaml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

fn refused(path: &Path, text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Misconfigured, text).or_at(&path.display().to_string())
}
