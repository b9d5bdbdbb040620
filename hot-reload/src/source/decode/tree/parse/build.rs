//! [`Build`]: counts and places the values of one document.

use std::sync::Arc;

use super::super::node::{Kind, Node};
use super::super::origin::{Origin, Part};

/// The most values of a document, with aliases expanded. Each takes about a hundred bytes.
pub(super) const MOST: usize = 250_000;

/// Builds the tree of one document. Every method returns `None` for too many values.
pub(super) struct Build {
    part: Arc<Part>,
    values: usize,
}

impl Build {
    pub(super) fn new(name: &str, text: &str) -> Self {
        Self {
            part: Arc::new(Part {
                name: name.to_owned(),
                text: text.to_owned(),
            }),
            values: 0,
        }
    }

    pub(super) fn origin(&self, offset: usize) -> Origin {
        Origin {
            part: Arc::clone(&self.part),
            offset: Some(offset),
        }
    }

    /// Counts a value.
    pub(super) fn count(&mut self) -> Option<()> {
        self.values += 1;
        (self.values <= MOST).then_some(())
    }

    pub(super) fn node(&self, offset: usize, kind: Kind) -> Node {
        Node::new(self.origin(offset), kind)
    }
}
