//! [`ByFormat`]: a decoder that is chosen at run time.

use std::fmt;
#[cfg(feature = "file")]
use std::path::Path;

use serde::de::DeserializeOwned;

use super::Decode;
#[cfg(feature = "expand")]
use super::expand::formats::{Document, Expandable};
use super::format::Format;
#[cfg(feature = "json")]
use super::json::Json;
use super::quoting::Quoting;
#[cfg(feature = "toml")]
use super::toml::Toml;
#[cfg(feature = "yaml")]
use super::yaml::Yaml;
use crate::error::Error;

/// A decoder of the format that the program chooses at run time. [`open`](crate::open()) uses it.
///
/// ```
/// # #[cfg(feature = "toml")] {
/// use hot_reload::source::{ByFormat, Decode, Format};
///
/// let format = Format::of_path("limits.toml").unwrap();
/// let limits = ByFormat::<Vec<u8>>::new(format);
/// let error = limits.decode(b"x = 1", "limits.toml").unwrap_err();
/// assert!(error.to_string().starts_with("limits.toml:1:1: "), "{error}");
///
/// // Errors quote no value that is declared secret.
/// let doors = ByFormat::<std::collections::BTreeMap<String, u16>>::new(format).secret(&["main"]);
/// let error = doors.decode(b"main = '12x'", "doors.toml").unwrap_err();
/// assert_eq!(error.to_string(), "doors.toml:1:8: main: expected u16, found a string (not shown)");
/// # }
/// ```
pub struct ByFormat<T>(Result<Kind<T>, Error>);

/// The decoder itself.
enum Kind<T> {
    #[cfg(feature = "toml")]
    Toml(Toml<T>),
    #[cfg(feature = "json")]
    Json(Json<T>),
    #[cfg(feature = "yaml")]
    Yaml(Yaml<T>),
}

impl<T> ByFormat<T> {
    /// A decoder of this format.
    pub const fn new(format: Format) -> Self {
        Self(Ok(match format {
            #[cfg(feature = "toml")]
            Format::Toml => Kind::Toml(Toml::new()),
            #[cfg(feature = "json")]
            Format::Json => Kind::Json(Json::new()),
            #[cfg(feature = "yaml")]
            Format::Yaml => Kind::Yaml(Yaml::new()),
        }))
    }

    /// Declares the values at these paths, and all below them, [secret](Decode#secrets): errors do not quote them. A second call
    /// replaces the paths of the first. Default: none.
    #[must_use]
    pub fn secret(self, paths: &'static [&'static str]) -> Self {
        self.quoting(|quoting| quoting.secret(paths))
    }

    /// Quotes no value of the content in errors. Default: values that do not look like [secrets](Decode#secrets) are quoted.
    #[must_use]
    pub fn hide_values(self) -> Self {
        self.quoting(Quoting::off)
    }

    fn quoting(mut self, change: impl FnOnce(Quoting) -> Quoting) -> Self {
        if let Ok(kind) = &mut self.0 {
            let quoting = match kind {
                #[cfg(feature = "toml")]
                Kind::Toml(decoder) => &mut decoder.quoting,
                #[cfg(feature = "json")]
                Kind::Json(decoder) => &mut decoder.quoting,
                #[cfg(feature = "yaml")]
                Kind::Yaml(decoder) => &mut decoder.quoting,
            };
            *quoting = change(*quoting);
        }
        self
    }

    /// A decoder of the format of this file. If the format is not known, decoding returns the error.
    #[cfg(feature = "file")]
    pub(crate) fn of_path(path: &Path) -> Self {
        match Format::of_path(path) {
            Ok(format) => Self::new(format),
            Err(error) => Self(Err(error)),
        }
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Decode for ByFormat<T> {
    type Value = T;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<T, Error> {
        match &self.0 {
            #[cfg(feature = "toml")]
            Ok(Kind::Toml(decoder)) => decoder.decode(bytes, name),
            #[cfg(feature = "json")]
            Ok(Kind::Json(decoder)) => decoder.decode(bytes, name),
            #[cfg(feature = "yaml")]
            Ok(Kind::Yaml(decoder)) => decoder.decode(bytes, name),
            Err(error) => Err(error.clone()),
        }
    }
}

#[cfg(feature = "expand")]
impl<T: DeserializeOwned + Send + Sync + 'static> Expandable for ByFormat<T> {
    fn parse(&self, bytes: &[u8], name: &str) -> Result<Document, Error> {
        match &self.0 {
            #[cfg(feature = "toml")]
            Ok(Kind::Toml(decoder)) => decoder.parse(bytes, name),
            #[cfg(feature = "json")]
            Ok(Kind::Json(decoder)) => decoder.parse(bytes, name),
            #[cfg(feature = "yaml")]
            Ok(Kind::Yaml(decoder)) => decoder.parse(bytes, name),
            Err(error) => Err(error.clone()),
        }
    }
}

impl<T> fmt::Debug for ByFormat<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByFormat").finish_non_exhaustive()
    }
}
