//! [`De`]: a node that is being deserialized.

use std::cell::{Cell, RefCell};

use super::fault::{Fault, Place};
use super::node::{Entry, Node};
use super::origin::Origin;
use super::trail::Trail;

/// The settings and the results of one deserialization.
pub(super) struct Run {
    /// Whether a text of unknown type may be a number where the target says nothing.
    pub(super) guesses: bool,
    /// Whether a key that the target ignores is an error.
    pub(super) refuses: bool,
    /// The keys that the target has ignored.
    pub(super) ignored: RefCell<Ignored>,
    /// Whether the target has left the type of a text of unknown type open.
    pub(super) is_guessed: Cell<bool>,
}

/// The keys that a target has ignored.
#[derive(Default)]
pub(super) struct Ignored {
    /// A fault for each of the first keys.
    pub(super) first: Vec<Fault>,
    /// The number of all keys.
    pub(super) count: usize,
}

/// The most ignored keys that are reported.
const REPORTED: usize = 20;

/// A node that is being deserialized.
#[derive(Clone, Copy)]
pub(super) struct De<'a, 'de> {
    pub(super) node: &'de Node,
    pub(super) trail: Trail<'a>,
    pub(super) run: &'a Run,
    /// The table and the entry with this node, and the keys that the target knows there.
    pub(super) entry: Option<Known<'de>>,
    /// The merge whose entries, and all later ones, the target sees.
    pub(super) since: u32,
}

/// An entry of a table whose keys are known.
#[derive(Clone, Copy)]
pub(super) struct Known<'de> {
    pub(super) table: &'de Node,
    pub(super) entry: &'de Entry,
    pub(super) fields: &'static [&'static str],
}

impl<'a, 'de> De<'a, 'de> {
    /// Adds the place of this node to an error.
    pub(super) fn located<R>(self, result: Result<R, Fault>) -> Result<R, Fault> {
        result.map_err(|fault| {
            fault.at(|| Place {
                origin: self.node.origin.clone(),
                path: self.trail.steps(),
                is_secret: self.node.has_secret(),
                is_merged: self.node.is_merged,
            })
        })
    }

    /// Handles a value that the target ignores.
    pub(super) fn ignore(self) -> Result<(), Fault> {
        let Some(Known {
            table,
            entry,
            fields,
        }) = self.entry
        else {
            return Ok(());
        };
        let fault =
            || unknown(&entry.key, fields).at(|| key_place(table, &entry.origin, self.trail));
        if self.run.refuses {
            return Err(fault());
        }
        let mut ignored = self.run.ignored.borrow_mut();
        ignored.count += 1;
        if ignored.first.len() < REPORTED {
            ignored.first.push(fault());
        }
        Ok(())
    }
}

fn unknown(key: &str, fields: &'static [&'static str]) -> Fault {
    serde::de::Error::unknown_field(key, fields)
}

/// The place of a key in this table.
pub(super) fn key_place(table: &Node, origin: &Origin, trail: Trail<'_>) -> Place {
    Place {
        origin: origin.clone(),
        path: trail.steps(),
        is_secret: table.is_secret,
        is_merged: false,
    }
}
