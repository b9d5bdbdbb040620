//! [`ChangedPaths`]: what a published value changed.

use std::fmt;

use crate::error::escaped;

/// The largest number of listed paths.
const MOST: usize = 20;

/// The paths at which a published value differs from the value that it replaced: with the option `Builder::changed_paths` of
/// the feature `diff`.
///
/// Both are empty if the values differ only in parts that they do not serialize.
///
/// `Display` writes one line: `server.port, tls.cert and 3 more`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ChangedPaths {
    /// The first twenty paths, in order: `server.port`, `routes[3]`, or `.` for the whole value. A path of more than 160
    /// characters is shortened. In a group, each path begins with the name of its member: `config: server.port`.
    pub paths: Vec<String>,
    /// The number of further paths.
    pub omitted: usize,
}

#[cfg_attr(
    not(feature = "diff"),
    allow(dead_code, reason = "only a comparison adds paths")
)]
impl ChangedPaths {
    /// Adds a path. It is written only if it is listed.
    pub(crate) fn add(&mut self, path: impl FnOnce() -> String) {
        match self.paths.len() < MOST {
            true => self.paths.push(escaped(path().into())),
            false => self.omitted += 1,
        }
    }

    /// Adds the paths of a member of a group.
    pub(crate) fn add_member(&mut self, name: &str, changed: Self) {
        for path in changed.paths {
            self.add(|| format!("{name}: {path}"));
        }
        self.omitted += changed.omitted;
    }
}

impl fmt::Display for ChangedPaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&*self.paths, self.omitted) {
            ([], _) => f.write_str("nothing"),
            (paths, 0) => f.write_str(&paths.join(", ")),
            (paths, omitted) => write!(f, "{} and {omitted} more", paths.join(", ")),
        }
    }
}
