//! [`collect`]: turns any serializable value into a [`Node`].
//!
//! - `scalar`: the serializer, with all scalar types;
//! - `compound`: serializers of lists, maps and structs.

mod compound;
mod scalar;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::ser;

use super::path::{Path, Segment};
use super::show;
use super::tree::Node;
use crate::error::{Error, ErrorKind};
use crate::panics::panic_text;
use crate::scope::Rules;
use crate::secret::carries_secret;

/// The most levels of a value: lists, tables and wrappers of one value, such as `Some` and a newtype.
///
/// Each level costs up to 2 KiB of stack without optimization, including the value's own code. Formats stop at about half as
/// many levels, and threads have at least 2 MiB.
pub(super) const LEVELS: usize = 256;

/// Turns a value into a tree. Runs the value's own code within a panic boundary.
pub(super) fn collect<V: Serialize + ?Sized>(value: &V, rules: &Rules) -> Result<Node, Error> {
    let collected = catch_unwind(AssertUnwindSafe(|| {
        value.serialize(Collector { levels: LEVELS })
    }));
    match collected {
        Ok(Ok(node)) => Ok(node),
        Ok(Err(fault)) => Err(fault.into_error(rules)),
        Err(payload) => {
            let reason = panic_text(&*payload);
            let reason = match carries_secret(&reason) {
                true => "its message is not shown, because it looks like a secret",
                false => &reason,
            };
            let message = format!("panicked while it was serialized to be compared: {reason}");
            Err(Error::new(ErrorKind::Panicked, message))
        }
    }
}

/// The serializer of one level.
#[derive(Clone, Copy)]
struct Collector {
    /// How many further levels are allowed.
    levels: usize,
}

impl Collector {
    /// The serializer of the next level.
    fn below(self) -> Result<Self, Fault> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(Self { levels }),
            None => Err(Fault {
                kind: ErrorKind::TooLarge,
                message: format!("has more than {LEVELS} levels, too many to be compared"),
                // A path of 256 segments helps nobody.
                path: None,
            }),
        }
    }
}

/// Why a value cannot become a tree.
#[derive(thiserror::Error)]
#[error("{message}")]
struct Fault {
    kind: ErrorKind,
    message: String,
    /// The path to the fault, innermost segment first. `None` if the path does not help.
    path: Option<Vec<Segment>>,
}

impl Fault {
    /// Adds the segment of the enclosing level.
    fn within(mut self, segment: impl FnOnce() -> Segment) -> Self {
        if let Some(path) = &mut self.path {
            path.push(segment());
        }
        self
    }

    fn into_error(self, rules: &Rules) -> Error {
        let Some(mut path) = self.path else {
            return Error::new(self.kind, format!("the value {}", self.message));
        };
        path.reverse();
        let mut scope = match rules.scope() {
            Ok(scope) => scope,
            Err(error) => return error,
        };
        let mut shown = Vec::new();
        for segment in path {
            // Keys below a secret may be part of it.
            if scope.is_secret() {
                break;
            }
            match &segment {
                Segment::Key(key) => scope = scope.key(key),
                Segment::Index(index) => scope = scope.item(*index, *index),
            }
            shown.push(match segment {
                Segment::Key(key) => Segment::Key(show::hidden(key.into()).into_owned()),
                segment => segment,
            });
        }
        let path: Path = shown.into_iter().collect();
        let reason = match scope.is_secret() || carries_secret(&self.message) {
            true => "the reason is not shown, because it looks like a secret",
            false => &self.message,
        };
        Error::new(self.kind, format!("{path}: cannot be compared: {reason}"))
    }
}

impl ser::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            kind: ErrorKind::Invalid,
            message: message.to_string(),
            path: Some(Vec::new()),
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault").finish_non_exhaustive()
    }
}
