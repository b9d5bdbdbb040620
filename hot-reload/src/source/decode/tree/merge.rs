//! Merges one tree over another.

use std::collections::HashMap;

use super::node::{Entry, Kind, Node};
use super::origin::Origin;
use super::scalar::{Scalar, Shown};
use super::text::{Type, Wanted};

impl Node {
    /// Merges a later tree over this one: tables key by key, at every depth. All other values are replaced, and a table whose tag
    /// names another variant.
    ///
    /// The later value brings its own secrecy. That of the replaced value ends with it.
    pub(in crate::source) fn cover(&mut self, mut over: Self) {
        self.tag_variant(over.tag.as_deref());
        over.tag_variant(self.tag.as_deref());
        let is_other = matches!((&self.tag, &over.tag), (Some(one), Some(other)) if one != other);
        match (&mut self.kind, &mut over.kind) {
            (Kind::Table(under), Kind::Table(entries)) if !is_other => {
                self.is_merged |= !under.is_empty() && !entries.is_empty();
                if under.is_empty() {
                    // The place of a table without entries says nothing.
                    self.origin = over.origin;
                    self.is_merged |= over.is_merged;
                }
                let merge = self.merges + 1;
                self.merges = merge + over.merges;
                if self.tag.is_none() && over.tag.is_some() {
                    self.tag = over.tag;
                    self.tagged = merge + over.tagged;
                }
                let tagged = self.tag.as_ref().map(|_| self.tagged);
                cover_entries(under, std::mem::take(entries), merge, tagged);
            }
            (under, Kind::Scalar(Scalar::Text(text))) => {
                text.covers(type_of(under));
                *self = over;
            }
            (_, Kind::Scalar(_) | Kind::List(_) | Kind::Table(_)) => *self = over,
        }
    }

    /// Writes `{file: {..}}` as `!file {..}`, if this is the tag of the other tree: both select the same variant.
    fn tag_variant(&mut self, tag: Option<&str>) {
        let (Some(tag), None, Kind::Table(entries)) = (tag, &self.tag, &mut self.kind) else {
            return;
        };
        let is_variant = |entry: &Entry| entry.key == tag && entry.value.is_table();
        if newest(entries).is_some_and(is_variant)
            && let Some(index) = entries.iter().position(is_variant)
        {
            *self = Self {
                tag: Some(tag.into()),
                ..entries.swap_remove(index).value
            };
        }
    }
}

/// The entry that the last part of a table has, if it has no other: an enum takes the variant of the last part.
pub(super) fn newest(entries: &[Entry]) -> Option<&Entry> {
    let last = entries.iter().map(|entry| entry.since).max()?;
    let mut newest = entries.iter().filter(|entry| entry.since == last);
    match (newest.next(), newest.next()) {
        (Some(entry), None) => Some(entry),
        _ => None,
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

/// `merge`: the number of this merge of the table. `tagged`: the number of the merge with the tag of the table, if it has one.
fn cover_entries(under: &mut Vec<Entry>, over: Vec<Entry>, merge: u32, tagged: Option<u32>) {
    // A duplicate key within one part stays, so that the target refuses it.
    let mut places: HashMap<String, usize> = HashMap::with_capacity(under.len());
    for (place, entry) in under.iter().enumerate() {
        places.insert(entry.key.clone(), place);
    }
    for mut entry in over {
        entry.since += merge;
        match places.remove(&entry.key) {
            Some(place) => {
                under[place].origin = entry.origin;
                // A key of the tagged table is a field of its variant, and selects no other.
                if tagged.is_none_or(|tagged| under[place].since < tagged) {
                    under[place].since = entry.since;
                }
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
