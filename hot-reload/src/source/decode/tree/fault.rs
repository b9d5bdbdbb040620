//! [`Fault`]: an error of serde, with the node and the path where it occurred.

use std::fmt;

use serde::de;
use serde_path_to_error::Segment;

use super::origin::Origin;

/// An error of serde. The innermost node that sees it adds its place.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) place: Option<Box<Place>>,
}

/// Where a fault occurred.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) origin: Origin,
    pub(super) path: Vec<Segment>,
    /// Whether the value may not be quoted.
    pub(super) is_secret: bool,
    /// Whether several parts have contributed to the table that lacks a key.
    pub(super) is_merged: bool,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
        }
    }

    /// Adds this place, unless an inner node has added its own.
    pub(super) fn at(mut self, place: impl FnOnce() -> Place) -> Self {
        self.place.get_or_insert_with(|| Box::new(place()));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}
