//! [`Text`]: a text without a type, which becomes the type that the target wants.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::SeqDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer, Unexpected, Visitor};

use super::fault::Fault;
use super::items::items;

/// A text without a type, such as the value of an environment variable.
///
/// - A number is written in decimal digits, with white space around it at most.
/// - `true`, `yes`, `on` and `1` are true, and `false`, `no`, `off` and `0` are false, in any case.
/// - A list has its items between commas, or in brackets: see [`items`]. An empty text is an empty list.
/// - An `Option` of an empty text is `None`.
/// - Text and variants of an enum are taken as they are.
///
/// In flattened structs, and in untagged and internally tagged enums, serde does not request a type. There, the text has the type
/// of the value that it replaces. If that is a list, each item has the type that all items have there. An empty text is nothing
/// in place of a number or a boolean.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::source) struct Text {
    pub(in crate::source) text: String,
    pub(in crate::source) is_secret: bool,
    kind: Wanted,
}

/// Shows no text, because it may be secret.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The type of a text whose target says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Nothing is known.
    Unknown,
    One(Type),
    /// A list, and the type of its items, if it is known.
    List(Option<Type>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Number,
    Bool,
}

impl Text {
    pub(in crate::source) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_secret: false,
            kind: Wanted::Unknown,
        }
    }

    /// A text that is one, also where the target does not say what it wants.
    #[cfg(feature = "expand")]
    pub(in crate::source) fn plain(text: impl Into<String>) -> Self {
        Self {
            kind: Wanted::One(Type::Text),
            ..Self::new(text)
        }
    }

    /// A text that errors do not quote.
    pub(in crate::source) fn secret(text: impl Into<String>) -> Self {
        Self {
            is_secret: true,
            ..Self::new(text)
        }
    }

    /// Whether its type, or that of its items, is not known.
    pub(super) fn is_unknown(&self) -> bool {
        match self.kind {
            Wanted::Unknown | Wanted::List(None) => true,
            Wanted::One(_) | Wanted::List(Some(_)) => false,
        }
    }

    /// The type of a target that says nothing.
    pub(super) fn wanted(&self) -> Wanted {
        self.kind
    }

    /// Takes the type of the value that it replaces.
    pub(super) fn covers(&mut self, kind: Wanted) {
        self.kind = kind;
    }

    /// Reads the text for a target that says what it wants.
    ///
    /// `guesses`: whether to guess the type of a text of unknown type, if the target does not say what it wants.
    pub(super) fn read(&self, guesses: bool) -> Lenient<'_> {
        Lenient {
            text: Cow::Borrowed(&self.text),
            kind: self.kind,
            guesses,
        }
    }
}

/// A text that is being deserialized.
pub(super) struct Lenient<'de> {
    text: Cow<'de, str>,
    kind: Wanted,
    /// Whether to guess a type that is not known. Otherwise, it is a text.
    guesses: bool,
}

impl<'de> Lenient<'de> {
    /// A key of a table.
    pub(super) fn key(text: &'de str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            kind: Wanted::One(Type::Text),
            guesses: false,
        }
    }

    fn bool(&self) -> Option<bool> {
        let text = self.text.trim();
        let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if is(["true", "yes", "on", "1"]) {
            return Some(true);
        }
        is(["false", "no", "off", "0"]).then_some(false)
    }

    fn whole<V: Visitor<'de>>(&self, visitor: V) -> Result<Result<V::Value, Fault>, V> {
        let text = self.text.trim();
        if let Ok(number) = text.parse::<u64>() {
            return Ok(visitor.visit_u64(number));
        }
        if let Ok(number) = text.parse::<i64>() {
            return Ok(visitor.visit_i64(number));
        }
        if let Ok(number) = text.parse::<i128>() {
            return Ok(visitor.visit_i128(number));
        }
        match text.parse::<u128>() {
            Ok(number) => Ok(visitor.visit_u128(number)),
            Err(_) => Err(visitor),
        }
    }

    fn integer<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.whole(visitor) {
            Ok(result) => result,
            Err(visitor) => Err(self.unfit(&visitor)),
        }
    }

    fn float<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match finite(&self.text) {
            Some(number) => visitor.visit_f64(number),
            None => Err(self.unfit(&visitor)),
        }
    }

    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.text {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn unfit(&self, wanted: &dyn de::Expected) -> Fault {
        de::Error::invalid_type(Unexpected::Str(&self.text), wanted)
    }

    /// The items of a list.
    fn items(&self) -> Result<Vec<Self>, Fault> {
        let kind = match self.kind {
            Wanted::List(Some(of)) => Wanted::One(of),
            Wanted::List(None) => Wanted::Unknown,
            kind @ (Wanted::Unknown | Wanted::One(_)) => kind,
        };
        let items = items(&self.text).map_err(Fault::new)?.into_iter();
        let items = items.map(|text| Self {
            text: Cow::Owned(text),
            kind,
            guesses: self.guesses,
        });
        Ok(items.collect())
    }
}

macro_rules! all {
    ($how:ident: $($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.$how(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Lenient<'de> {
    type Error = Fault;

    all!(integer: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128);
    all!(integer: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128);
    all!(float: deserialize_f32 deserialize_f64);
    all!(text: deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf);
    all!(text: deserialize_identifier);

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.kind {
            Wanted::List(_) => self.deserialize_seq(visitor),
            Wanted::One(Type::Number | Type::Bool) if self.text.is_empty() => visitor.visit_unit(),
            Wanted::One(Type::Number) => self.deserialize_number(visitor),
            Wanted::One(Type::Bool) => match self.bool() {
                Some(value) => visitor.visit_bool(value),
                None => self.text(visitor),
            },
            Wanted::Unknown if self.guesses && matches!(&*self.text, "true" | "false") => {
                visitor.visit_bool(self.text == "true")
            }
            Wanted::Unknown if self.guesses => self.deserialize_number(visitor),
            Wanted::Unknown | Wanted::One(Type::Text) => self.text(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.bool() {
            Some(value) => visitor.visit_bool(value),
            None => Err(self.unfit(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.text.is_empty() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.text.is_empty() {
            true => visitor.visit_unit(),
            false => Err(self.unfit(&visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let mut items = SeqDeserializer::new(self.items()?.into_iter());
        let value = visitor.visit_seq(&mut items)?;
        items.end()?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        // Types that are a text or a table try the text.
        self.text(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(self.text.into_deserializer())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

impl<'de> Lenient<'de> {
    /// A number, or else the text.
    fn deserialize_number<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let visitor = match self.whole(visitor) {
            Ok(result) => return result,
            Err(visitor) => visitor,
        };
        match finite(&self.text) {
            Some(number) => visitor.visit_f64(number),
            None => self.text(visitor),
        }
    }
}

/// The number in decimal digits. None for `inf`, `nan`, and what is too large.
fn finite(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_decimal = |letter: char| letter.is_ascii_digit() || "+-.eE".contains(letter);
    let number = text.chars().all(is_decimal).then(|| text.parse().ok())?;
    number.filter(|number: &f64| number.is_finite())
}

impl<'de> IntoDeserializer<'de, Fault> for Lenient<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
