//! [`Diff`]: all changes between two values.

use std::fmt;

use serde::Serialize;

use super::change::Change;
use super::path::{Path, Segment};
use super::show::SECRET;

/// The most changes that `Display` writes.
const MOST: usize = 20;

/// All changes between two values, ordered by path. [`between`](super::between) returns it.
///
/// `Display` writes a line for each of the first twenty changes, then `and 12 more`. It writes no line break at the end, and
/// nothing for an empty diff.
///
/// It serializes as `{"changes": [{"path": "server.port", "kind": "changed", "secret": false, "old": "80", "new": "8080"}]}`.
/// A change has an `old_path` if that differs from its `path`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "a diff has no effect until it is read"]
pub struct Diff {
    changes: Vec<Change>,
}

impl Diff {
    pub(super) fn new(changes: Vec<Change>) -> Self {
        Self { changes }
    }

    /// Whether the values are equal.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes, ordered by path.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The changed paths, in order.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.changes.iter().map(Change::path)
    }

    /// Whether something changed at this path, below it or around it.
    ///
    /// `touches("server.tls")` is true if `server.tls.cert` changed or if all of `server` was added. It is also true if `server`
    /// is a secret and changed, because the diff does not say what changed in it.
    ///
    /// A text that is not a valid path touches every change.
    ///
    /// An unchanged item that only moved within its list is not a change. Ask for the list, not for one of its items.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use hot_reload::diff;
    ///
    /// let old = BTreeMap::from([("server", BTreeMap::from([("port", 80)]))]);
    /// let new = BTreeMap::from([("server", BTreeMap::from([("port", 81)]))]);
    /// let diff = diff::between(&old, &new)?;
    /// assert!(diff.touches("server") && diff.touches("server.port"));
    /// assert!(!diff.touches("serv") && !diff.touches("server.host"));
    /// # Ok::<(), hot_reload::Error>(())
    /// ```
    pub fn touches(&self, path: &str) -> bool {
        let asked: Path = path.parse().unwrap_or_default();
        // One path contains the other if their common length agrees. A hidden key may be any key.
        let agree = |(shown, asked): (&Segment, &Segment)| {
            shown == asked || matches!(shown, Segment::Key(key) if key == SECRET)
        };
        let meets = |path: &Path| path.segments().iter().zip(asked.segments()).all(agree);
        let mut changes = self.changes.iter();
        changes.any(|change| meets(change.path()) || meets(change.old_path()))
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, change) in self.changes.iter().take(MOST).enumerate() {
            write!(f, "{}{change}", if at == 0 { "" } else { "\n" })?;
        }
        match self.changes.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}
