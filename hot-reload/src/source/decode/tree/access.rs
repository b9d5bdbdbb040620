//! serde's view of the parts of a node: the entries of a table, the items of a list, and a variant.

use std::cmp::Reverse;
use std::{slice, vec};

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::cursor::{De, Known, key_place};
use super::fault::Fault;
use super::node::{Entry, Node};
use super::text::Lenient;
use super::trail::Trail;

/// The entries of a table.
pub(super) struct Entries<'a, 'de> {
    table: De<'a, 'de>,
    entries: vec::IntoIter<&'de Entry>,
    current: Option<&'de Entry>,
    fields: &'static [&'static str],
}

impl<'a, 'de> Entries<'a, 'de> {
    pub(super) fn new(
        table: De<'a, 'de>,
        entries: &'de [Entry],
        fields: &'static [&'static str],
    ) -> Self {
        let entries = entries.iter().filter(|entry| entry.since >= table.since);
        let mut entries: Vec<_> = entries.collect();
        if fields.is_empty() {
            // In a flattened enum, the first key that is a variant wins.
            entries.sort_by_key(|entry| Reverse(entry.since));
        }
        Self {
            table,
            entries: entries.into_iter(),
            current: None,
            fields,
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        self.current = self.entries.next();
        let Some(entry) = self.current else {
            return Ok(None);
        };
        let key = seed.deserialize(Lenient::key(&entry.key));
        key.map(Some).map_err(|fault| {
            fault.at(|| key_place(self.table.node, &entry.origin, self.table.trail))
        })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let Some(entry) = self.current.take() else {
            return Err(Fault::new("the value of an entry was read before its key"));
        };
        let value = De {
            node: &entry.value,
            trail: Trail::Key(&self.table.trail, &entry.key),
            run: self.table.run,
            entry: Some(Known {
                table: self.table.node,
                entry,
                fields: self.fields,
            }),
            since: 0,
        };
        // The target may refuse a value after it was read.
        value.located(seed.deserialize(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// The items of a list.
pub(super) struct Items<'a, 'de> {
    list: De<'a, 'de>,
    items: slice::Iter<'de, Node>,
    index: usize,
}

impl<'a, 'de> Items<'a, 'de> {
    pub(super) fn new(list: De<'a, 'de>, items: &'de [Node]) -> Self {
        Self {
            list,
            items: items.iter(),
            index: 0,
        }
    }

    /// Refuses items that the target has not taken.
    pub(super) fn end(self) -> Result<(), Fault> {
        match self.items.len() {
            0 => Ok(()),
            left => {
                let (taken, all) = (self.index, self.index + left);
                let message = format!("invalid length {all}, expected an array of length {taken}");
                Err(Fault::new(message))
            }
        }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let Some(node) = self.items.next() else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        let item = De {
            node,
            trail: Trail::Item(&self.list.trail, index),
            run: self.list.run,
            entry: None,
            since: 0,
        };
        item.located(seed.deserialize(item)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// A variant of an enum: a table with one key, or a value with a tag.
pub(super) struct Variant<'a, 'de> {
    whole: De<'a, 'de>,
    name: &'de str,
    content: &'de Node,
    entry: Option<&'de Entry>,
    /// The merge that has selected the variant. Earlier entries belong to another one.
    since: u32,
}

impl<'a, 'de> Variant<'a, 'de> {
    /// A table with one entry.
    pub(super) fn new(table: De<'a, 'de>, entry: &'de Entry) -> Self {
        Self {
            whole: table,
            name: &entry.key,
            content: &entry.value,
            entry: Some(entry),
            since: 0,
        }
    }

    /// A table or a list whose tag is the name of a variant.
    pub(super) fn tagged(node: De<'a, 'de>, name: &'de str) -> Self {
        Self {
            whole: node,
            name,
            content: node.node,
            entry: None,
            since: node.node.tagged,
        }
    }

    /// Runs this with the content of the variant.
    fn content<R>(self, run: impl FnOnce(De<'_, 'de>) -> Result<R, Fault>) -> Result<R, Fault> {
        let content = De {
            node: self.content,
            trail: Trail::Variant(&self.whole.trail, self.name),
            run: self.whole.run,
            entry: None,
            since: self.since,
        };
        content.located(run(content))
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Fault> {
        let variant = seed.deserialize(Lenient::key(self.name)).map_err(|fault| {
            let origin = self
                .entry
                .map_or(&self.whole.node.origin, |entry| &entry.origin);
            fault.at(|| key_place(self.whole.node, origin, self.whole.trail))
        })?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        self.content(|node| serde::Deserialize::deserialize(node))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        self.content(|node| seed.deserialize(node))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.content(|node| node.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.content(|node| node.deserialize_struct("", fields, visitor))
    }
}
