//! What changed between two values: paths and kinds, with secrets masked.
//!
//! - [`between`]: the short form, and [`Differ`], which knows more secrets;
//! - [`Diff`], [`Change`], [`ChangeKind`]: what changed, for a person and for a program;
//! - [`Path`], [`Segment`]: where;
//! - [`RestartRequired`], [`RestartPolicy`], [`InEffect`], [`Verdict`]: which changes need a restart.
//!
//! A value is whatever implements [`serde::Serialize`]; it is compared as a format would write it. Any two values of a type
//! can be compared, those of two [snapshots](crate::Snapshot) among them:
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
//! /// Tells of each change, and rebuilds what depends on it.
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
//! # What is a secret
//!
//! - what stands under a key that is called like a secret (`password`, `api_key`, `token`, `auth`, …), at any depth: the rule is
//!   that of the [decoders' errors](crate::source::Decode#secrets);
//! - a text under an ambiguous key (`endpoint`, `session`, `database_url`, …), unless it is evidently harmless: a number
//!   with its unit, an IP address, a path, an address of plain words;
//! - a text that contains a secret: a URL with credentials, a `host=db password=…`, a block in PEM, a token with the prefix
//!   of its issuer, random text;
//! - what was [declared](Differ::secret).
//!
//! Of a secret only the path is told, and that it changed. The keys of a map and the number of items within it are not told
//! either; the fields of a struct are, since their names stand in the program. While two values are compared, their secrets
//! are copied; the copies are freed, and not overwritten.
//!
//! # How values are compared
//!
//! - **Lists**: what both begin and end with stays, and so does the longest sequence of equal items between; the rest is paired
//!   from the front as changed, and what is left over was added or removed. So an item inserted at the front is one `added`.
//!   For long lists that have changed a lot (above some 300 items), items are compared place by place, so that a comparison
//!   takes time and memory in proportion to the values. A changed item that has moved has two paths. There is no "moved".
//! - **Tuples and arrays** of fixed length, in which a place has its meaning, are compared place by place.
//! - **Maps** by key, whatever their order. A key that is not a text is written as one: `8080`, `true`, `[1, 2]`.
//! - **Enums** as formats write them: a variant without content is its name as a text, any other a table with the name as its only
//!   key. Another variant is one removed and one added.
//! - **Options**: `None` is a value, `none`, and differs from a key that is absent (`skip_serializing_if`).
//! - **Numbers**: integers exactly, up to 128 bits; floats by number, where every NaN equals every other and `-0.0` equals `0.0`.
//! - **Bytes** (not lists of numbers) by content, shown as their length only.
//! - A value of **more than 256 levels** is an error and no crash.
//! - What does not serialize is not seen: skipped fields, and fields that serialize as a mask.

mod change;
mod changes;
mod collect;
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
pub use self::path::{Path, Segment};
pub use self::policy::RestartPolicy;
pub use self::restart::{InEffect, RestartRequired};
pub use self::verdict::Verdict;

/// What changed from one value to another, with the secrets that the names of keys tell. See the [module](self).
///
/// # Errors
///
/// - [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge): a value has more than 256 levels;
/// - [`ErrorKind::Invalid`](crate::ErrorKind::Invalid): its `Serialize` failed;
/// - [`ErrorKind::Panicked`](crate::ErrorKind::Panicked): its `Serialize` panicked.
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

/// Compares values, and knows which of their parts are secret.
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
#[must_use = "a differ does nothing until it is given two values"]
pub struct Differ {
    rules: Rules,
}

impl Differ {
    /// One that knows the secrets that the names of keys tell.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares what is at this path, and below it, a secret.
    ///
    /// `*` stands for one segment of any name, `[*]` for the same: `users.*.pin`. The rest is written as a [`Path`].
    ///
    /// A text that is not a path makes every comparison fail with
    /// [`ErrorKind::Misconfigured`](crate::ErrorKind::Misconfigured), rather than show what was meant to be hidden.
    pub fn secret(mut self, path: &str) -> Self {
        self.rules.declare(path);
        self
    }

    /// What changed from one value to another.
    ///
    /// # Errors
    ///
    /// Those of [`between`], and [`ErrorKind::Misconfigured`](crate::ErrorKind::Misconfigured) if a declared path is none.
    pub fn between<V: Serialize + ?Sized>(&self, old: &V, new: &V) -> Result<Diff, Error> {
        let scope = self.rules.scope()?;
        let old = collect(old, &self.rules)?;
        let new = collect(new, &self.rules)?;
        let mut walk = Walk::default();
        walk.compare(Some(&old), Some(&new), &scope);
        Ok(Diff::new(walk.changes()))
    }
}
