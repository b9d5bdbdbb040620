//! A scalar of YAML.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Deserializer;

use super::super::fault::Fault;
use super::shown::Shown;
use crate::source::decode::yaml;

/// A scalar as a document of its own, with its tag. Its type depends on the target.
#[derive(Debug, Clone)]
pub(in crate::source) struct Scalar(Box<str>);

impl Scalar {
    pub(in super::super) fn new(written: String) -> Self {
        Self(written.into())
    }

    /// Runs serde over the scalar.
    pub(in super::super) fn with<'de, R>(
        &'de self,
        run: impl for<'e> FnOnce(Deserializer<'de, 'e>) -> Result<R, serde_saphyr::Error>,
    ) -> Result<R, Fault> {
        yaml::with_scalar(&self.0, run).map_err(Fault::new)
    }

    /// What the value is without a target.
    pub(in super::super) fn shown(&self) -> Shown<'_> {
        let shown = self.with(|from| from.deserialize_any(Show));
        match shown {
            Ok(Shown::Number(_)) => Shown::Number(Cow::Borrowed(&self.0)),
            Ok(shown) => shown,
            Err(_) => Shown::Nothing,
        }
    }
}

struct Show;

impl<'de> Visitor<'de> for Show {
    type Value = Shown<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a single value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Shown::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Shown::Number(Cow::Borrowed("")))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Self::Value, E> {
        Ok(Shown::Number(Cow::Borrowed("")))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Shown::Number(Cow::Borrowed("")))
    }

    fn visit_u128<E>(self, _: u128) -> Result<Self::Value, E> {
        Ok(Shown::Number(Cow::Borrowed("")))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Shown::Number(Cow::Borrowed("")))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Shown::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Shown::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Shown::Nothing)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Shown::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Ok(Shown::Nothing)
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Ok(Shown::Nothing)
    }
}
