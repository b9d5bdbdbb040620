//! Serializers of compound values: lists, maps and structs.

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::{Collector, Fault};
use crate::diff::path::Segment;
use crate::diff::show;
use crate::diff::tree::{Entries, Key, Node};

/// A list or a tuple.
pub(super) struct Items {
    below: Collector,
    items: Vec<Node>,
    kind: fn(Vec<Node>) -> Node,
    variant: Option<&'static str>,
}

impl Items {
    pub(super) fn new(
        below: Collector,
        kind: fn(Vec<Node>) -> Node,
        variant: Option<&'static str>,
    ) -> Self {
        Self {
            below,
            items: Vec::new(),
            kind,
            variant,
        }
    }

    fn take<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let at = self.items.len();
        let node = value.serialize(self.below).map_err(|fault| {
            let fault = fault.within(|| Segment::Index(at));
            match self.variant {
                Some(variant) => fault.within(|| Segment::Key(variant.to_owned())),
                None => fault,
            }
        })?;
        self.items.push(node);
        Ok(())
    }

    fn whole(self) -> Node {
        let node = (self.kind)(self.items);
        match self.variant {
            Some(variant) => Node::variant(variant, node),
            None => node,
        }
    }
}

/// Implements the four traits of serde that behave alike for items.
macro_rules! items {
    ($($trait:ident $method:ident)+) => {
        $(impl $trait for Items {
            type Ok = Node;
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
                self.take(value)
            }

            fn end(self) -> Result<Node, Fault> {
                Ok(self.whole())
            }
        })+
    };
}

items! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

/// A map.
pub(super) struct Pairs {
    below: Collector,
    key: Option<Key>,
    entries: Entries,
}

impl Pairs {
    pub(super) fn new(below: Collector) -> Self {
        Self {
            below,
            key: None,
            entries: Entries::new(),
        }
    }
}

impl SerializeMap for Pairs {
    type Ok = Node;
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        self.key = Some(Key::of(key.serialize(self.below)?));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let key = self.key.take().unwrap_or_else(|| Key::Text(String::new()));
        match value.serialize(self.below) {
            Ok(node) => self.entries.push((key, node)),
            Err(fault) => return Err(fault.within(|| Segment::Key(show::name(&key).into_owned()))),
        }
        Ok(())
    }

    fn end(self) -> Result<Node, Fault> {
        Ok(Node::Map(Node::sorted(self.entries)))
    }
}

/// A struct.
pub(super) struct Fields {
    below: Collector,
    entry: Entry,
    entries: Entries,
}

/// How the fields become a value.
pub(super) enum Entry {
    /// The fields are the value.
    Whole,
    /// The fields are the content of this variant of an enum.
    Variant(&'static str),
    /// The only field is the value.
    OnlyField,
}

impl Fields {
    pub(super) fn new(below: Collector, entry: Entry) -> Self {
        Self {
            below,
            entry,
            entries: Entries::new(),
        }
    }

    fn take<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Fault> {
        let node = value.serialize(self.below).map_err(|fault| {
            let at = |key: &str| Segment::Key(key.to_owned());
            match self.entry {
                Entry::Whole => fault.within(|| at(key)),
                Entry::Variant(variant) => fault.within(|| at(key)).within(|| at(variant)),
                Entry::OnlyField => fault,
            }
        })?;
        self.entries.push((Key::Text(key.to_owned()), node));
        Ok(())
    }

    fn whole(mut self) -> Node {
        match (self.entry, self.entries.pop()) {
            (Entry::OnlyField, Some((_, value))) => value,
            (entry, last) => {
                self.entries.extend(last);
                let record = Node::Record(Node::sorted(self.entries));
                match entry {
                    Entry::Variant(variant) => Node::variant(variant, record),
                    _ => record,
                }
            }
        }
    }
}

/// Implements the two traits of serde that behave alike for fields.
macro_rules! fields {
    ($($trait:ident)+) => {
        $(impl $trait for Fields {
            type Ok = Node;
            type Error = Fault;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Fault> {
                self.take(key, value)
            }

            fn end(self) -> Result<Node, Fault> {
                Ok(self.whole())
            }
        })+
    };
}

fields! { SerializeStruct SerializeStructVariant }
