//! [`Location`]: a position in a source.

use std::fmt;

use super::escaped;
use crate::secret;

/// A position in a source: its name, and the line, the column and the path of the key if they are known.
///
/// Line breaks, control characters and invisible characters are escaped in the name and in the path.
///
/// `Display` writes a form that editors and terminals make clickable: `app.toml:4:8: server.port`.
///
/// ```
/// use hot_reload::error::Location;
///
/// let place = Location::new("app.toml").line(4, 8).path("server.port");
/// assert_eq!(place.to_string(), "app.toml:4:8: server.port");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    name: String,
    line: Option<(u64, u64)>,
    path: Option<String>,
}

impl Location {
    /// Creates a location without a line or a key. `name` is a file's path, a key or a URL. Credentials in it are replaced by
    /// `(not shown)`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: escaped(secret::redact_name(&name.into())),
            line: None,
            path: None,
        }
    }

    /// Sets the line and the column, both counted from one. The column counts characters.
    #[must_use]
    pub fn line(self, line: u64, column: u64) -> Self {
        Self {
            line: Some((line, column)),
            ..self
        }
    }

    /// Sets the path of the key, such as `server.port`. An empty path means the whole source. A key that looks like a
    /// secret is replaced by `(not shown)`.
    #[must_use]
    pub fn path(self, path: impl Into<String>) -> Self {
        let path = escaped(secret::redact(&path.into()));
        Self {
            path: Some(path).filter(|path| !path.is_empty() && path != "."),
            ..self
        }
    }

    /// The name of the source.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line and the column, both counted from one.
    pub fn line_and_column(&self) -> Option<(u64, u64)> {
        self.line
    }

    /// The path of the key.
    pub fn key_path(&self) -> Option<&str> {
        self.path.as_deref()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some((line, column)) = self.line {
            write!(f, ":{line}:{column}")?;
        }
        if let Some(path) = &self.path {
            write!(f, ": {path}")?;
        }
        Ok(())
    }
}
