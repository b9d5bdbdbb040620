//! [`Diff`]: all that changed between two values.

use std::fmt;

use serde::Serialize;

use super::change::Change;
use super::path::{Path, Segment};
use super::show::SECRET;

/// How many changes are shown to a person.
const MOST: usize = 20;

/// All that changed between two values, ordered by path. From [`between`](super::between).
///
/// `Display` has a line for each change, without a line break at the end: the first twenty, and `and 12 more`; it is empty
/// if nothing changed. It serializes as `{"changes": [{"path": "server.port", "kind": "changed", "secret": false, "old":
/// "80", "new": "8080"}]}`, with an `old_path` where that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "a diff is only what is read from it"]
pub struct Diff {
    changes: Vec<Change>,
}

impl Diff {
    pub(super) fn new(changes: Vec<Change>) -> Self {
        Self { changes }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What changed, ordered by path.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Where something changed, in order.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.changes.iter().map(Change::path)
    }

    /// Whether something changed at this path, below it, or around it.
    ///
    /// `touches("server.tls")` is true if `server.tls.cert` changed, if all of `server` was added, and if something changed
    /// in a `server` that is a secret, of which it is not known what. It is in doubt a yes, and so it is for a text that is not a
    /// path if anything changed at all.
    ///
    /// Items of a list that stay as they are and move are not changes: ask for the list, and not for an item of it.
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
        // One of them is around the other if they agree as far as both go. A key that is not told may be any.
        let agree = |(told, asked): (&Segment, &Segment)| {
            told == asked || matches!(told, Segment::Key(key) if key == SECRET)
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
