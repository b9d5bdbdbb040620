//! serde's view of a node.

use serde::de::{Deserializer, Visitor};

use super::access::{Entries, Items, Variant};
use super::cursor::De;
use super::fault::Fault;
use super::merge::newest;
use super::node::Kind;
use super::scalar::{Leaf, Scalar};

impl<'de> De<'_, 'de> {
    /// Deserializes a table or a list.
    fn whole<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.kind {
            Kind::Scalar(scalar) => Leaf {
                scalar,
                guesses: self.run.guesses,
            }
            .deserialize_any(visitor),
            Kind::List(items) => {
                let mut items = Items::new(self, items);
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Kind::Table(entries) => visitor.visit_map(Entries::new(self, entries, fields)),
        }
    }
}

macro_rules! pass {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value, Fault> {
            self.located(match &self.node.kind {
                Kind::Scalar(scalar) => {
                    let leaf = Leaf { scalar, guesses: self.run.guesses };
                    leaf.$method($($name,)* visitor)
                }
                Kind::List(_) | Kind::Table(_) => self.whole(&[], visitor),
            })
        }
    )*};
}

impl<'de> Deserializer<'de> for De<'_, 'de> {
    type Error = Fault;

    pass! {
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
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_identifier();
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if let Kind::Scalar(Scalar::Text(text)) = &self.node.kind
            && text.is_unknown()
        {
            self.run.is_guessed.set(true);
        }
        self.located(self.whole(&[], visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.located(match &self.node.kind {
            Kind::Scalar(scalar) => {
                let guesses = self.run.guesses;
                Leaf { scalar, guesses }.deserialize_struct(name, fields, visitor)
            }
            Kind::List(_) | Kind::Table(_) => self.whole(fields, visitor),
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.located(match &self.node.kind {
            Kind::Scalar(scalar) => {
                let guesses = self.run.guesses;
                Leaf { scalar, guesses }.deserialize_option(visitor)
            }
            Kind::List(_) | Kind::Table(_) => visitor.visit_some(self),
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.located(match &self.node.kind {
            Kind::Scalar(scalar) => {
                let guesses = self.run.guesses;
                Leaf { scalar, guesses }.deserialize_newtype_struct(name, visitor)
            }
            Kind::List(_) | Kind::Table(_) => visitor.visit_newtype_struct(self),
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let tag = self.node.tag.as_deref();
        let tag = tag.filter(|tag| variants.contains(tag));
        self.located(match &self.node.kind {
            Kind::Scalar(scalar) => {
                let guesses = self.run.guesses;
                Leaf { scalar, guesses }.deserialize_enum(name, variants, visitor)
            }
            Kind::List(_) => match tag {
                Some(tag) => visitor.visit_enum(Variant::tagged(self, tag)),
                None => Err(Fault::new("wanted string or table")),
            },
            Kind::Table(entries) => match (newest(entries), tag) {
                // The key of a later part selects another variant.
                (Some(entry), Some(_))
                    if entry.since > self.node.tagged && variants.contains(&&*entry.key) =>
                {
                    visitor.visit_enum(Variant::new(self, entry))
                }
                (_, Some(tag)) => visitor.visit_enum(Variant::tagged(self, tag)),
                (Some(entry), None) => visitor.visit_enum(Variant::new(self, entry)),
                (None, None) => Err(Fault::new("expected a table with one key only")),
            },
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.ignore()?;
        visitor.visit_unit()
    }
}
