//! The serializer: scalars become nodes, compound values get a serializer of their own.

use serde::{Serialize, Serializer};

use super::compound::{Entry, Fields, Items, Pairs};
use super::{Collector, Fault};
use crate::diff::path::Segment;
use crate::diff::tree::Node;

/// Methods that widen a number to the largest type of its sort.
macro_rules! numbers {
    ($($method:ident($type:ty) => $node:expr,)+) => {
        $(fn $method(self, value: $type) -> Result<Node, Fault> {
            Ok($node(value))
        })+
    };
}

impl Serializer for Collector {
    type Ok = Node;
    type Error = Fault;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Pairs;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    numbers! {
        serialize_bool(bool) => Node::Bool,
        serialize_i8(i8) => |value| Node::Int(i128::from(value)),
        serialize_i16(i16) => |value| Node::Int(i128::from(value)),
        serialize_i32(i32) => |value| Node::Int(i128::from(value)),
        serialize_i64(i64) => |value| Node::Int(i128::from(value)),
        serialize_i128(i128) => Node::Int,
        serialize_u8(u8) => |value| Node::Int(i128::from(value)),
        serialize_u16(u16) => |value| Node::Int(i128::from(value)),
        serialize_u32(u32) => |value| Node::Int(i128::from(value)),
        serialize_u64(u64) => |value| Node::Int(i128::from(value)),
        serialize_u128(u128) => |value| i128::try_from(value).map_or(Node::Large(value), Node::Int),
        serialize_f64(f64) => Node::float,
        serialize_char(char) => |value| Node::Text(String::from(value)),
        serialize_str(&str) => |value| Node::Text(str::to_owned(value)),
        serialize_bytes(&[u8]) => |value| Node::Bytes(<[u8]>::to_vec(value)),
        serialize_unit_struct(&'static str) => |_| Node::Nothing,
    }

    /// Keeps the shortest decimals, so that 0.1 is not shown as 0.10000000149011612.
    fn serialize_f32(self, value: f32) -> Result<Node, Fault> {
        let decimals = value.to_string().parse();
        Ok(Node::float(decimals.unwrap_or_else(|_| f64::from(value))))
    }

    fn serialize_unit(self) -> Result<Node, Fault> {
        Ok(Node::Nothing)
    }

    fn serialize_none(self) -> Result<Node, Fault> {
        Ok(Node::Nothing)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node, Fault> {
        value.serialize(self.below()?)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Node, Fault> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Node, Fault> {
        value.serialize(self.below()?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Node, Fault> {
        let content = value.serialize(self.below()?);
        let content = content.map_err(|fault| fault.within(|| Segment::Key(variant.to_owned())))?;
        Ok(Node::variant(variant, content))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, Fault> {
        Ok(Items::new(self.below()?, Node::List, None))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items, Fault> {
        Ok(Items::new(self.below()?, Node::Tuple, None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items, Fault> {
        Ok(Items::new(self.below()?, Node::Tuple, None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items, Fault> {
        Ok(Items::new(self.below()?, Node::Tuple, Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Pairs, Fault> {
        Ok(Pairs::new(self.below()?))
    }

    /// Formats pass their own types, such as a date of TOML, as structs with one field and a name that begins with `$`. The
    /// field is the value.
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Fields, Fault> {
        let entry = match name.starts_with('$') && len == 1 {
            true => Entry::OnlyField,
            false => Entry::Whole,
        };
        Ok(Fields::new(self.below()?, entry))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields, Fault> {
        Ok(Fields::new(self.below()?, Entry::Variant(variant)))
    }
}
