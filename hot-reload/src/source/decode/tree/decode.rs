//! [`Tree`]: deserializes a tree, and reports errors and ignored keys.

use std::cell::{Cell, RefCell};

use serde::de::DeserializeOwned;

use super::cursor::{De, Run};
use super::fault::{Fault, Place};
use super::node::{Kind, Node};
use super::scalar::{Scalar, Shown};
use super::trail::Trail;
use crate::error::Error;
use crate::scope::Scope;
use crate::source::decode::deep;
use crate::source::decode::place::{Failure, Found, Secrets};
use crate::source::decode::quoting::Quoting;

/// A tree that is to be deserialized.
pub(in crate::source) struct Tree<'a> {
    pub(in crate::source) root: &'a Node,
    /// The name of the whole, for a missing key that any part may add.
    pub(in crate::source) name: &'a str,
    pub(in crate::source) quoting: Quoting,
}

/// A value with the keys that it has ignored.
pub(in crate::source) struct Decoded<T> {
    pub(in crate::source) value: T,
    /// An error for each of the first ignored keys.
    pub(in crate::source) ignored: Vec<Error>,
    /// The number of all ignored keys.
    pub(in crate::source) count: usize,
}

impl Tree<'_> {
    /// Deserializes the tree. `refuses`: whether a key that the target ignores is an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode), with the part and the place of the value.
    pub(in crate::source) fn decode<T: DeserializeOwned + Send>(
        &self,
        refuses: bool,
    ) -> Result<Decoded<T>, Error> {
        deep::with_stack(self.root.depth(), || self.decode_here(refuses))?
    }

    fn decode_here<T: DeserializeOwned>(&self, refuses: bool) -> Result<Decoded<T>, Error> {
        let (first, run) = self.run(refuses, false);
        let (result, run) = match first {
            // A text that nobody has typed may have to be a number.
            Err(fault) if run.is_guessed.get() => match self.run(refuses, true) {
                (Ok(value), run) => (Ok(value), run),
                (Err(_), _) => (Err(fault), run),
            },
            result => (result, run),
        };
        let value = result.map_err(|fault| self.error(fault))?;
        let ignored = run.ignored.into_inner();
        Ok(Decoded {
            value,
            count: ignored.count,
            ignored: ignored
                .first
                .into_iter()
                .map(|fault| self.error(fault))
                .collect(),
        })
    }

    fn run<T: DeserializeOwned>(&self, refuses: bool, guesses: bool) -> (Result<T, Fault>, Run) {
        let run = Run {
            guesses,
            refuses,
            ignored: RefCell::default(),
            is_guessed: Cell::new(false),
        };
        let result = T::deserialize(De {
            node: self.root,
            trail: Trail::Root,
            run: &run,
            entry: None,
            since: 0,
        });
        (result, run)
    }

    fn error(&self, fault: Fault) -> Error {
        let mut quotes = self.quoting.quotes();
        let secrets = Secrets::found_by(&quotes, |found, scope| {
            collect(found, scope, self.root, false);
            true
        });
        let is_missing = fault.message.starts_with("missing field");
        let (place, name, path) = match fault.place.map(|place| *place) {
            None => (None, self.name, None),
            Some(Place {
                origin,
                path,
                is_secret,
                is_merged,
            }) => {
                quotes.is_off |= is_secret;
                if is_missing && is_merged {
                    (None, self.name, Some(path))
                } else {
                    let failure = Failure {
                        at: None,
                        path: Some(path),
                        message: fault.message,
                        quoted: Some(Box::new((quotes, secrets))),
                    };
                    return failure.into_error(&origin.part.name, origin.line_and_column());
                }
            }
        };
        let failure = Failure {
            at: None,
            path,
            message: fault.message,
            quoted: Some(Box::new((quotes, secrets))),
        };
        failure.into_error(name, place)
    }
}

/// Collects the secrets of a tree. `is_secret`: whether it stands in a secret node.
fn collect(found: &mut Found, scope: &Scope<'_>, node: &Node, is_secret: bool) {
    let is_secret = is_secret || node.is_secret;
    match &node.kind {
        Kind::Scalar(scalar) => {
            let text = match (scalar, scalar.shown()) {
                (Scalar::Text(text), _) => text.text.clone(),
                (_, Shown::Text(text) | Shown::Number(text)) => text.into_owned(),
                (_, Shown::Bool(_) | Shown::Nothing) => return,
            };
            match is_secret {
                true => found.secret(&text),
                false => found.value(scope, &text),
            }
        }
        Kind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(found, &scope.item(index, index), item, is_secret);
            }
        }
        Kind::Table(entries) => {
            for entry in entries {
                let scope = found.key(scope, &entry.key);
                collect(found, &scope, &entry.value, is_secret);
            }
        }
    }
}
