//! [`Scalar`]: one value, which the decoder of its format deserializes.
//!
//! So numbers, dates and texts mean the same as in a document that is decoded alone.

use std::borrow::Cow;

use serde::de::{Deserializer, Visitor};

use super::fault::Fault;
use super::leaf;
pub(in crate::source) use super::leaf::Shown;
use super::text::Text;

/// One value.
#[derive(Debug, Clone)]
pub(in crate::source) enum Scalar {
    /// A text without a type.
    Text(Text),
    /// A value of the program.
    Value(Value),
    /// A number or a date, as it is written in TOML.
    #[cfg(feature = "toml")]
    Toml(Box<str>),
    /// A number, as it is written in JSON.
    #[cfg(feature = "json")]
    Json(Box<str>),
    #[cfg(feature = "yaml")]
    Yaml(leaf::yaml::Scalar),
}

/// A value of the program.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::source) enum Value {
    Null,
    Bool(bool),
    Signed(i128),
    Unsigned(u128),
    Single(f32),
    Float(f64),
    Text(String),
}

impl Scalar {
    /// What the value is without a target.
    pub(in crate::source) fn shown(&self) -> Shown<'_> {
        match self {
            Self::Text(text) => Shown::Text(Cow::Borrowed(&text.text)),
            Self::Value(value) => match value {
                Value::Null => Shown::Nothing,
                Value::Bool(value) => Shown::Bool(*value),
                Value::Signed(value) => Shown::Number(value.to_string().into()),
                Value::Unsigned(value) => Shown::Number(value.to_string().into()),
                // As Rust writes them: the shortest digits of the type, and an exponent of ten where there would be many zeros.
                Value::Single(value) => Shown::Number(format!("{value:?}").into()),
                Value::Float(value) => Shown::Number(format!("{value:?}").into()),
                Value::Text(text) => Shown::Text(Cow::Borrowed(text)),
            },
            #[cfg(feature = "toml")]
            Self::Toml(raw) => Shown::Number(Cow::Borrowed(raw)),
            #[cfg(feature = "json")]
            Self::Json(text) => Shown::Number(Cow::Borrowed(text)),
            #[cfg(feature = "yaml")]
            Self::Yaml(scalar) => scalar.shown(),
        }
    }

    /// The text, if the value is one.
    #[cfg(any(feature = "expand", test))]
    pub(in crate::source) fn as_text(&self) -> Option<String> {
        match self.shown() {
            Shown::Text(text) => Some(text.into_owned()),
            Shown::Nothing | Shown::Bool(_) | Shown::Number(_) => None,
        }
    }
}

/// A scalar that is being deserialized. `guesses`: whether a text of unknown type may be a number.
pub(super) struct Leaf<'de> {
    pub(super) scalar: &'de Scalar,
    pub(super) guesses: bool,
}

/// Calls the same method of the deserializer of the format.
macro_rules! pass {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value, Fault> {
            match self.scalar {
                Scalar::Text(text) => text.read(self.guesses).$method($($name,)* visitor),
                Scalar::Value(value) => Typed(value).$method($($name,)* visitor),
                #[cfg(feature = "toml")]
                Scalar::Toml(raw) => {
                    let from = leaf::toml::deserializer(raw)?;
                    from.$method($($name,)* visitor).map_err(|error| leaf::toml::fault(&error))
                }
                #[cfg(feature = "json")]
                Scalar::Json(text) => {
                    let mut from = serde_json::Deserializer::from_str(text);
                    let from = &mut from;
                    from.$method($($name,)* visitor).map_err(|error| leaf::json::fault(&error))
                }
                #[cfg(feature = "yaml")]
                Scalar::Yaml(scalar) => scalar.with(|from| from.$method($($name,)* visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Leaf<'de> {
    type Error = Fault;

    pass! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }
}

/// A value of the program that is being deserialized.
struct Typed<'de>(&'de Value);

impl<'de> Deserializer<'de> for Typed<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Signed(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (_, Ok(value)) => visitor.visit_u64(value),
                (Ok(value), _) => visitor.visit_i64(value),
                _ => visitor.visit_i128(*value),
            },
            Value::Unsigned(value) => match u64::try_from(*value) {
                Ok(value) => visitor.visit_u64(value),
                Err(_) => visitor.visit_u128(*value),
            },
            Value::Single(value) => visitor.visit_f32(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Text(text) => visitor.visit_borrowed_str(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Text(text) => {
                visitor.visit_enum(serde::de::value::BorrowedStrDeserializer::new(text))
            }
            _ => Err(Fault::new("wanted string or table")),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}
