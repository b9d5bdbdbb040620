//! [`Change`]: one changed path of a value.

use std::fmt;

use serde::{Serialize, Serializer};

use super::path::Path;
use super::show::SECRET;

/// The kind of change at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// Only the new value has something at this path.
    Added,
    /// Only the old value had something at this path.
    Removed,
    /// The values at this path differ.
    Changed,
}

impl ChangeKind {
    /// The word for logs and JSON, in snake_case.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ChangeKind {
    /// Serializes the word.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One changed path, with the old and the new value as text.
///
/// A text has at most sixty characters. A secret has no text.
///
/// `Display` writes one line: `server.port: 80 -> 8080`, `name: added ("blue")`, `routes[2]: removed`,
/// `tls.key: changed (secret)`.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use hot_reload::diff::{self, ChangeKind};
///
/// let before = BTreeMap::from([("http", 80), ("https", 443)]);
/// let now = BTreeMap::from([("http", 80), ("https", 8443)]);
/// let diff = diff::between(&before, &now)?;
/// let change = &diff.changes()[0];
/// assert_eq!((change.kind(), change.new()), (ChangeKind::Changed, Some("8443")));
/// # Ok::<(), hot_reload::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub(super) path: Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) old_path: Option<Path>,
    pub(super) kind: ChangeKind,
    pub(super) secret: bool,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
    /// Whether a side is a list or a table. A line about its addition or removal omits the content.
    #[serde(skip)]
    pub(super) compound: bool,
}

impl Change {
    /// The path in the new value, or in the old value if this was removed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path in the old value.
    ///
    /// It differs from [`path`](Self::path) if the program inserted or removed earlier items of a list.
    pub fn old_path(&self) -> &Path {
        self.old_path.as_ref().unwrap_or(&self.path)
    }

    /// Whether this was added, removed or changed.
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// Whether this is a secret. If so, [`old`](Self::old) and [`new`](Self::new) are `None`.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// The old value, shortened. `None` if this was added or is a secret.
    pub fn old(&self) -> Option<&str> {
        self.old.as_deref()
    }

    /// The new value, shortened. `None` if this was removed or is a secret.
    #[allow(clippy::new_ret_no_self, reason = "the counterpart of `old`")]
    pub fn new(&self) -> Option<&str> {
        self.new.as_deref()
    }

    /// The path in the new value, shortened.
    pub(crate) fn short_path(&self) -> String {
        shorten(&self.path)
    }

    /// The change without its path.
    pub(super) fn what(&self) -> String {
        let kind = self.kind;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => format!("{old} -> {new}"),
            (Some(one), None) | (None, Some(one)) if !self.compound => format!("{kind} ({one})"),
            _ if self.secret => format!("{kind} {SECRET}"),
            _ => kind.to_string(),
        }
    }

    /// The path, with the old path if they differ. Both are shortened, because a key has any length.
    pub(super) fn place(&self) -> String {
        let path = self.short_path();
        match &self.old_path {
            Some(old) => format!("{path} (was {})", shorten(old)),
            None => path,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.what())
    }
}

/// The most characters of a path in a line.
const MOST: usize = 160;

/// Shortens a path.
fn shorten(path: &Path) -> String {
    shorten_text(&path.to_string())
}

/// Shortens the text of a path.
pub(super) fn shorten_text(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
