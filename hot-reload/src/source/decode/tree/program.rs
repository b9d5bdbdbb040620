//! [`of_value`]: makes a tree of a value of the program.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

use super::node::{Entry, Kind, Node};
use super::origin::Origin;
use super::scalar::{Scalar, Value};

/// Makes a tree of a value. All its nodes have this origin.
///
/// # Errors
///
/// The message of a value that cannot be serialized, or whose keys are neither text nor numbers.
pub(in crate::source) fn of_value<T: Serialize + ?Sized>(
    value: &T,
    origin: &Origin,
) -> Result<Node, String> {
    value
        .serialize(Build { origin, depth: 0 })
        .map_err(|refusal| refusal.0)
}

/// The greatest depth of a value of the program.
const DEPTH: usize = 128;

#[derive(Debug)]
struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

impl ser::Error for Refusal {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

#[derive(Clone, Copy)]
struct Build<'a> {
    origin: &'a Origin,
    depth: usize,
}

impl<'a> Build<'a> {
    fn scalar(self, value: Value) -> Node {
        self.node(Kind::Scalar(Scalar::Value(value)))
    }

    fn node(self, kind: Kind) -> Node {
        Node::new(self.origin.clone(), kind)
    }

    fn deeper(self) -> Result<Self, Refusal> {
        let depth = self.depth + 1;
        match depth > DEPTH {
            true => Err(Refusal(format!("is nested deeper than {DEPTH} levels"))),
            false => Ok(Self { depth, ..self }),
        }
    }

    fn entry(self, key: &str, value: Node) -> Entry {
        Entry::new(key, self.origin.clone(), value)
    }

    fn items(self, variant: Option<&'static str>) -> Result<Items<'a>, Refusal> {
        Ok(Items {
            build: self,
            inner: self.deeper()?,
            variant,
            items: Vec::new(),
        })
    }

    fn entries(self, variant: Option<&'static str>) -> Result<Entries<'a>, Refusal> {
        Ok(Entries {
            build: self,
            inner: self.deeper()?,
            variant,
            key: None,
            entries: Vec::new(),
        })
    }

    /// Wraps the content of a variant.
    fn wrapped(self, variant: Option<&'static str>, content: Node) -> Node {
        match variant {
            None => content,
            Some(variant) => {
                let entry = self.entry(variant, content);
                self.node(Kind::Table(vec![entry]))
            }
        }
    }
}

macro_rules! scalars {
    ($($method:ident($type:ty) => $make:expr;)*) => {$(
        fn $method(self, value: $type) -> Result<Node, Refusal> {
            Ok(self.scalar(($make)(value)))
        }
    )*};
}

impl<'a> Serializer for Build<'a> {
    type Ok = Node;
    type Error = Refusal;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Entries<'a>;
    type SerializeStructVariant = Entries<'a>;

    scalars! {
        serialize_bool(bool) => Value::Bool;
        serialize_i8(i8) => |value| Value::Signed(i128::from(value));
        serialize_i16(i16) => |value| Value::Signed(i128::from(value));
        serialize_i32(i32) => |value| Value::Signed(i128::from(value));
        serialize_i64(i64) => |value| Value::Signed(i128::from(value));
        serialize_i128(i128) => Value::Signed;
        serialize_u8(u8) => |value| Value::Unsigned(u128::from(value));
        serialize_u16(u16) => |value| Value::Unsigned(u128::from(value));
        serialize_u32(u32) => |value| Value::Unsigned(u128::from(value));
        serialize_u64(u64) => |value| Value::Unsigned(u128::from(value));
        serialize_u128(u128) => Value::Unsigned;
        serialize_f32(f32) => Value::Single;
        serialize_f64(f64) => Value::Float;
        serialize_char(char) => |value: char| Value::Text(value.to_string());
        serialize_str(&str) => |value: &str| Value::Text(value.to_owned());
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Node, Refusal> {
        bytes.serialize(self)
    }

    fn serialize_none(self) -> Result<Node, Refusal> {
        Ok(self.scalar(Value::Null))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node, Refusal> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Node, Refusal> {
        Ok(self.scalar(Value::Null))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Node, Refusal> {
        Ok(self.scalar(Value::Null))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Node, Refusal> {
        Ok(self.scalar(Value::Text(variant.to_owned())))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Node, Refusal> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Node, Refusal> {
        let content = value.serialize(self.deeper()?)?;
        Ok(self.wrapped(Some(variant), content))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, Refusal> {
        self.items(None)
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, Refusal> {
        self.items(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Refusal> {
        self.items(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'a>, Refusal> {
        self.items(Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>, Refusal> {
        self.entries(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries<'a>, Refusal> {
        self.entries(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'a>, Refusal> {
        self.entries(Some(variant))
    }
}

/// The items of a list.
struct Items<'a> {
    build: Build<'a>,
    inner: Build<'a>,
    variant: Option<&'static str>,
    items: Vec<Node>,
}

impl Items<'_> {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        self.items.push(value.serialize(self.inner)?);
        Ok(())
    }

    fn done(self) -> Result<Node, Refusal> {
        let list = self.build.node(Kind::List(self.items));
        Ok(self.build.wrapped(self.variant, list))
    }
}

/// The entries of a table.
struct Entries<'a> {
    build: Build<'a>,
    inner: Build<'a>,
    variant: Option<&'static str>,
    key: Option<String>,
    entries: Vec<Entry>,
}

impl Entries<'_> {
    fn add<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Refusal> {
        let value = value.serialize(self.inner)?;
        self.entries.push(self.build.entry(key, value));
        Ok(())
    }

    fn done(self) -> Result<Node, Refusal> {
        let table = self.build.node(Kind::Table(self.entries));
        Ok(self.build.wrapped(self.variant, table))
    }
}

macro_rules! items {
    ($($of:ident::$add:ident;)*) => {$(
        impl ser::$of for Items<'_> {
            type Ok = Node;
            type Error = Refusal;

            fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
                self.add(value)
            }

            fn end(self) -> Result<Node, Refusal> {
                self.done()
            }
        }
    )*};
}

items! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! fields {
    ($($of:ident)*) => {$(
        impl ser::$of for Entries<'_> {
            type Ok = Node;
            type Error = Refusal;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Refusal> {
                self.add(key, value)
            }

            fn end(self) -> Result<Node, Refusal> {
                self.done()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Entries<'_> {
    type Ok = Node;
    type Error = Refusal;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refusal> {
        let key = key.serialize(self.inner)?;
        let Kind::Scalar(Scalar::Value(key)) = key.kind else {
            return Err(Refusal("a key is neither a text nor a number".to_owned()));
        };
        self.key = Some(match key {
            Value::Text(text) => text,
            Value::Signed(number) => number.to_string(),
            Value::Unsigned(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Single(_) | Value::Float(_) | Value::Null => {
                return Err(Refusal("a key is neither a text nor a number".to_owned()));
            }
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        let key = self.key.take().unwrap_or_default();
        self.add(&key, value)
    }

    fn end(self) -> Result<Node, Refusal> {
        self.done()
    }
}
