//! What must not be quoted: values whose key says that they are secret.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_path_to_error::{Path, Segment};

use crate::secret::{carries_a_secret, key_is_secret};

/// Whether the value at this path is a secret, by the name of any key on the way to it.
pub(super) fn path_is_secret(path: &Path) -> bool {
    path.iter()
        .any(|segment| matches!(segment, Segment::Map { key } if key_is_secret(key)))
}

/// All secret values of one content, to keep them out of every message about it.
///
/// A path alone is not enough: serde buffers flattened and untagged values, and an error about them has the path of the
/// table around them.
#[derive(Default)]
pub(in super::super) struct Secrets(Vec<String>);

impl Secrets {
    /// Whether one of the secrets stands in this text, or it is one that carries a secret of its own.
    pub(super) fn show_in(&self, text: &str) -> bool {
        carries_a_secret(text)
            || self.0.iter().any(|secret| {
                let escaped = secret.escape_debug().to_string();
                text.contains(secret.as_str()) || text.contains(&escaped)
            })
    }
}

/// Collects from any self-describing format.
impl<'de> Deserialize<'de> for Secrets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut secrets = Self::default();
        deserializer.deserialize_any(Collect {
            found: &mut secrets.0,
            inside: false,
        })?;
        Ok(secrets)
    }
}

/// Walks a value and keeps the scalars that are `inside` something secret.
struct Collect<'a> {
    found: &'a mut Vec<String>,
    inside: bool,
}

impl Collect<'_> {
    fn keep(self, value: impl ToString) {
        let value = value.to_string();
        if self.inside && !value.is_empty() {
            self.found.push(value);
        }
    }
}

impl<'de> serde::de::DeserializeSeed<'de> for Collect<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Collect<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.keep(value);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.keep(value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.keep(value);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.keep(value);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items
            .next_element_seed(Collect {
                found: self.found,
                inside: self.inside,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(key) = entries.next_key::<String>()? {
            let inside = self.inside || key_is_secret(&key);
            entries.next_value_seed(Collect {
                found: self.found,
                inside,
            })?;
        }
        Ok(())
    }
}
