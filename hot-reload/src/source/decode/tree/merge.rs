//! Merges one tree over another.

use std::collections::HashMap;

use super::node::{Entry, Kind, Node};
use super::origin::Origin;
use super::scalar::{Scalar, Shown};
use super::text::{Type, Wanted};

impl Node {
    /// Merges a later tree over this one: tables key by key, at every depth. All other values are replaced.
    pub(in crate::source) fn cover(&mut self, over: Self) {
        match (&mut self.kind, over.kind) {
            (Kind::Table(under), Kind::Table(entries)) => {
                self.is_merged |= !under.is_empty() && !entries.is_empty();
                if under.is_empty() {
                    // The place of a table without entries says nothing.
                    self.origin = over.origin;
                    self.is_merged |= over.is_merged;
                }
                self.tag = over.tag.or_else(|| self.tag.take());
                cover_entries(under, entries);
            }
            (under, mut kind) => {
                if let Kind::Scalar(Scalar::Text(text)) = &mut kind {
                    text.covers(type_of(under));
                }
                *self = Self {
                    kind,
                    origin: over.origin,
                    is_secret: over.is_secret,
                    is_merged: over.is_merged,
                    tag: over.tag,
                };
            }
        }
    }
}

/// Merges trees in order. `name` is the name of a whole without trees.
pub(in crate::source) fn merged<'n>(trees: impl Iterator<Item = &'n Node>, name: &str) -> Node {
    let mut root = Node::table(Origin::of_name(name));
    for tree in trees {
        root.cover(tree.clone());
    }
    root
}

fn cover_entries(under: &mut Vec<Entry>, over: Vec<Entry>) {
    // A duplicate key within one part stays, so that the target refuses it.
    let mut places: HashMap<String, usize> = HashMap::with_capacity(under.len());
    for (place, entry) in under.iter().enumerate() {
        places.insert(entry.key.clone(), place);
    }
    for entry in over {
        match places.remove(&entry.key) {
            Some(place) => {
                under[place].origin = entry.origin;
                under[place].value.cover(entry.value);
            }
            None => under.push(entry),
        }
    }
}

/// The type of a value, for a text that replaces it.
fn type_of(kind: &Kind) -> Wanted {
    match kind {
        Kind::Scalar(Scalar::Text(text)) => text.wanted(),
        Kind::Scalar(scalar) => type_of_scalar(scalar).map_or(Wanted::Unknown, Wanted::One),
        Kind::List(items) => {
            let mut types = items.iter().map(|item| match type_of(&item.kind) {
                Wanted::One(of) => Some(of),
                Wanted::Unknown | Wanted::List(_) => None,
            });
            let first = types.next().flatten();
            Wanted::List(first.filter(|_| types.all(|of| of == first)))
        }
        Kind::Table(_) => Wanted::Unknown,
    }
}

fn type_of_scalar(scalar: &Scalar) -> Option<Type> {
    match scalar.shown() {
        Shown::Text(_) => Some(Type::Text),
        Shown::Number(_) => Some(Type::Number),
        Shown::Bool(_) => Some(Type::Bool),
        Shown::Nothing => None,
    }
}
