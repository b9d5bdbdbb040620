//! Comparison of two values: the changed paths, with secrets hidden.
//!
//! - [`between`] compares two values; a [`Differ`] knows additional secrets;
//! - [`Diff`], [`Change`], [`ChangeKind`]: the result, for a person and for a program;
//! - [`Path`], [`Segment`]: the path of a change;
//! - [`value_revision`], [`RevisionKey`]: a revision of the value itself, whatever its format;
//! - [`RestartRequired`], [`RestartPolicy`], [`InEffect`], [`Verdict`]: changes that need a restart.
//!
//! A value is any type with [`serde::Serialize`], compared as a format would write it. This compares two
//! [snapshots](crate::Snapshot):
//!
//! ```
//! use hot_reload::{Live, Snapshot, diff};
//!
//! #[derive(serde::Serialize)]
//! struct AppConfig {
//!     listen: String,
//!     workers: u16,
//!     password: String,
//! }
//!
//! /// Prints each change, and rebuilds what depends on it.
//! async fn follow(live: Live<AppConfig>) -> Result<(), hot_reload::Error> {
//!     let mut changes = live.subscribe();
//!     let mut before: Snapshot<AppConfig> = live.get();
//!     while let Some(now) = changes.changed().await {
//!         let diff = diff::between(&*before, &*now)?;
//!         println!("generation {}:\n{diff}", now.generation());
//!         if diff.touches("workers") {
//!             // Resize the pool.
//!         }
//!         before = now;
//!     }
//!     Ok(())
//! }
//!
//! let before = AppConfig { listen: "0.0.0.0:80".into(), workers: 4, password: "hunter2".into() };
//! let now = AppConfig { listen: "0.0.0.0:80".into(), workers: 8, password: "hunter3".into() };
//! let diff = diff::between(&before, &now)?;
//! assert_eq!(diff.to_string(), "password: changed (secret)\nworkers: 4 -> 8");
//! # Ok::<(), hot_reload::Error>(())
//! ```
//!
//! # Secrets
//!
//! The following is secret:
//!
//! - a value below a key with the name of a secret (`password`, `api_key`, `token`, `auth`, …), at any depth. The
//!   [decoders' errors](crate::source::Decode#secrets) follow the same rule;
//! - a text below an ambiguous key (`endpoint`, `session`, `database_url`, …), unless it is evidently harmless: a number
//!   with its unit, an IP address, a path, an address of plain words;
//! - a text that contains a secret: a URL with credentials, `host=db password=…`, a PEM block, a token with its issuer's
//!   prefix, random text;
//! - a [declared](Differ::secret) path.
//!
//! For a secret, the diff shows only the path and that it changed. The keys of a map and the number of items within a secret
//! are hidden too. The fields of a struct are shown, because their names come from the program. A comparison copies secrets
//! in memory; it frees the copies without overwriting them.
//!
//! # How values are compared
//!
//! - **Lists**: equal items in the same order are kept, as many as possible. Between them, items are paired as changed from
//!   the front; the rest was added or removed. So an item inserted at the front is one `added`. A changed item that also
//!   moved has two paths. There is no "moved".
//!   Lists with more than about 300 items and many changes are compared index by index. So a comparison takes time and memory
//!   in proportion to the values.
//! - **Tuples and arrays** of fixed length are compared index by index, because each index has its own meaning.
//! - **Maps** are compared by key, in any order. A key that is not a text is shown as one: `8080`, `true`, `[1, 2]`. Keys
//!   that are shown alike, such as two byte strings of one length, are still different keys.
//! - **Enums** are compared as formats write them. A variant without content is its name as a text. Any other variant is a
//!   table with its name as the only key. A different variant is one removal and one addition.
//! - **Options**: `None` is a value, `none`, and differs from an absent key (`skip_serializing_if`).
//! - **Numbers**: integers are compared exactly, up to 128 bits. Floats are compared by value: all NaNs are equal, and `-0.0`
//!   equals `0.0`.
//! - **Bytes** (not lists of numbers) are compared by content. Only their length is shown.
//! - A value with **more than 256 levels** is an error, not a crash.
//! - Fields that do not serialize, or that serialize as a mask, are not compared.

mod change;
mod changes;
mod collect;
mod digest;
mod list;
mod path;
mod policy;
mod restart;
mod show;
mod tree;
mod verdict;
mod walk;

use serde::Serialize;

use self::collect::collect;
use self::walk::Walk;
use crate::error::Error;
use crate::scope::Rules;

pub use self::change::{Change, ChangeKind};
pub use self::changes::Diff;
pub use self::digest::{RevisionKey, value_revision};
pub use self::path::{Path, Segment};
pub use self::policy::RestartPolicy;
pub use self::restart::{InEffect, RestartRequired};
pub use self::verdict::Verdict;

/// Compares two values. Recognizes secrets by the names of their keys and by their form; see the [module](self).
///
/// # Errors
///
/// - [`ErrorKind::TooLarge`](crate::error::ErrorKind::TooLarge) if a value has more than 256 levels;
/// - [`ErrorKind::Invalid`](crate::error::ErrorKind::Invalid) if its `Serialize` fails;
/// - [`ErrorKind::Panicked`](crate::error::ErrorKind::Panicked) if its `Serialize` panics.
///
/// ```
/// use hot_reload::diff;
///
/// let diff = diff::between(&["b", "c"], &["b", "d"])?;
/// assert_eq!(diff.to_string(), "[1]: \"c\" -> \"d\"");
/// # Ok::<(), hot_reload::Error>(())
/// ```
pub fn between<V: Serialize + ?Sized>(old: &V, new: &V) -> Result<Diff, Error> {
    Differ::new().between(old, new)
}

/// A comparison with declared secrets.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use hot_reload::diff::Differ;
///
/// let differ = Differ::new().secret("customers").secret("*.address");
/// let old = BTreeMap::from([("customers", 3), ("shops", 1)]);
/// let new = BTreeMap::from([("customers", 4), ("shops", 2)]);
/// let diff = differ.between(&old, &new)?;
/// assert_eq!(diff.to_string(), "customers: changed (secret)\nshops: 1 -> 2");
/// # Ok::<(), hot_reload::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a differ has no effect until it compares two values"]
pub struct Differ {
    rules: Rules,
}

impl Differ {
    /// A differ without declared secrets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares the value at this path, and all below it, a secret.
    ///
    /// `*` and `[*]` stand for any one segment: `users.*.pin`. Otherwise the syntax is that of a [`Path`].
    ///
    /// If the text is not a path, every comparison fails with
    /// [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured). So a typo does not show a secret.
    pub fn secret(mut self, path: &str) -> Self {
        self.rules.declare(path);
        self
    }

    /// Compares two values.
    ///
    /// # Errors
    ///
    /// Those of [`between`], and [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured) if a declared path is
    /// invalid.
    pub fn between<V: Serialize + ?Sized>(&self, old: &V, new: &V) -> Result<Diff, Error> {
        let scope = self.rules.scope()?;
        let old = collect(old, &self.rules)?;
        let new = collect(new, &self.rules)?;
        let mut walk = Walk::default();
        walk.compare(Some(&old), Some(&new), &scope);
        Ok(Diff::new(walk.changes()))
    }
}
