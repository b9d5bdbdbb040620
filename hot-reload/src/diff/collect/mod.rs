//! [`collect`]: any value as a [`Node`].
//!
//! - `scalar`: what consists of nothing else, and the way into what does;
//! - `parts`: what does.

mod parts;
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

/// How many levels a value may have: lists, tables, and what wraps one value, such as `Some` and a newtype.
///
/// A level costs stack: the value's own code and ours, up to 2 KiB without optimization. Formats stop at about half of
/// that, and threads begin at 2 MiB.
pub(super) const LEVELS: usize = 256;

/// The value as a tree. The value's own code runs within a panic boundary.
pub(super) fn collect<V: Serialize + ?Sized>(value: &V, rules: &Rules) -> Result<Node, Error> {
    let collected = catch_unwind(AssertUnwindSafe(|| {
        value.serialize(Collector { levels: LEVELS })
    }));
    match collected {
        Ok(Ok(node)) => Ok(node),
        Ok(Err(fault)) => Err(fault.into_error(rules)),
        Err(payload) => {
            let said = panic_text(&*payload);
            let said = match carries_secret(&said) {
                true => "what it said is not shown, because it looks like a secret",
                false => &said,
            };
            let message = format!("panicked while it was serialized to be compared: {said}");
            Err(Error::new(ErrorKind::Panicked, message))
        }
    }
}

/// Takes a value in.
#[derive(Clone, Copy)]
struct Collector {
    /// How many levels may still follow.
    levels: usize,
}

impl Collector {
    /// For what is one level below.
    fn below(self) -> Result<Self, Fault> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(Self { levels }),
            None => Err(Fault {
                kind: ErrorKind::TooLarge,
                message: format!("has more than {LEVELS} levels, too many to be compared"),
                // All the levels would be no help to anybody.
                way: None,
            }),
        }
    }
}

/// Why a value has no tree.
struct Fault {
    kind: ErrorKind,
    message: String,
    /// Where, from the end to the beginning, if that is of use.
    way: Option<Vec<Segment>>,
}

impl Fault {
    /// The same fault, seen from one level above.
    fn within(mut self, segment: impl FnOnce() -> Segment) -> Self {
        if let Some(way) = &mut self.way {
            way.push(segment());
        }
        self
    }

    fn into_error(self, rules: &Rules) -> Error {
        let Some(mut way) = self.way else {
            return Error::new(self.kind, format!("the value {}", self.message));
        };
        way.reverse();
        let mut scope = match rules.scope() {
            Ok(scope) => scope,
            Err(error) => return error,
        };
        let mut shown = Vec::new();
        for segment in way {
            // The keys within something secret may be part of it.
            if scope.is_secret() {
                break;
            }
            match &segment {
                Segment::Key(key) => scope = scope.key(key),
                Segment::Index(index) => scope = scope.item(*index, *index),
            }
            shown.push(match segment {
                Segment::Key(key) => Segment::Key(show::key(&key).to_owned()),
                segment => segment,
            });
        }
        let path: Path = shown.into_iter().collect();
        let said = match scope.is_secret() || carries_secret(&self.message) {
            true => "the reason is not shown, because it looks like a secret",
            false => &self.message,
        };
        Error::new(self.kind, format!("{path}: cannot be compared: {said}"))
    }
}

impl ser::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            kind: ErrorKind::Invalid,
            message: message.to_string(),
            way: Some(Vec::new()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault").finish_non_exhaustive()
    }
}

impl std::error::Error for Fault {}
