//! [`Change`]: one place of a value at which something changed.

use std::fmt;

use serde::{Serialize, Serializer};

use super::path::Path;
use super::show::SECRET;

/// What happened at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// There was nothing at this place.
    Added,
    /// There is nothing at this place any more.
    Removed,
    /// There is something else.
    Changed,
}

impl ChangeKind {
    /// The word in logs and JSON.
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
    /// As its word.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One place of a value at which something changed.
///
/// It holds texts and no values: what was secret is not in it, and what is long is shortened to sixty characters.
///
/// `Display` is one line: `server.port: 80 -> 8080`, `name: added ("blue")`, `routes[2]: removed`,
/// `tls.key: changed (secret)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub(super) path: Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) old_path: Option<Path>,
    pub(super) kind: ChangeKind,
    pub(super) secret: bool,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
    /// Whether this is a list or a table, of which a line does not tell the content.
    #[serde(skip)]
    pub(super) compound: bool,
}

impl Change {
    /// Where: in the new value, or in the old one if it was removed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it was in the old value, which differs from [`path`](Self::path) if items of a list before it were added or
    /// removed.
    pub fn old_path(&self) -> &Path {
        self.old_path.as_ref().unwrap_or(&self.path)
    }

    /// What happened there.
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// Whether it is a secret. It is not shown, then: [`old`](Self::old) and [`new`](Self::new) are `None`.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// What was there, shortened; `None` if it was added, or is a secret.
    pub fn old(&self) -> Option<&str> {
        self.old.as_deref()
    }

    /// What is there now, shortened; `None` if it was removed, or is a secret.
    #[allow(clippy::new_ret_no_self, reason = "the counterpart of `old`")]
    pub fn new(&self) -> Option<&str> {
        self.new.as_deref()
    }

    /// What happened, without the place.
    pub(super) fn what(&self) -> String {
        let kind = self.kind;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => format!("{old} -> {new}"),
            (Some(one), None) | (None, Some(one)) if !self.compound => format!("{kind} ({one})"),
            _ if self.secret => format!("{kind} {SECRET}"),
            _ => kind.to_string(),
        }
    }

    /// The place, with the one before if it moved. A key can be of any length, and a line cannot.
    pub(super) fn place(&self) -> String {
        let path = cut(&self.path);
        match &self.old_path {
            Some(old) => format!("{path} (was {})", cut(old)),
            None => path,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.what())
    }
}

/// How many characters of a path stand in a line.
const MOST: usize = 160;

/// The path, at most so long.
fn cut(path: &Path) -> String {
    cut_text(&path.to_string())
}

/// The text of a path, at most so long.
pub(super) fn cut_text(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
