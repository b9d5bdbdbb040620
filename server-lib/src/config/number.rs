//! Whole numbers within bounds, with one error for every other value.

use std::fmt;
use std::ops::RangeInclusive;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// Reads a whole number within these bounds. `expected` says which ones they are.
pub(super) fn number<'de, D: Deserializer<'de>, N: TryFrom<u64>>(
    deserializer: D,
    bounds: RangeInclusive<u64>,
    expected: &'static str,
) -> Result<N, D::Error> {
    let number = deserializer.deserialize_u64(Number { bounds, expected })?;
    N::try_from(number)
        .map_err(|_| D::Error::invalid_value(Unexpected::Unsigned(number), &expected))
}

struct Number {
    bounds: RangeInclusive<u64>,
    expected: &'static str,
}

impl Visitor<'_> for Number {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
        match self.bounds.contains(&number) {
            true => Ok(number),
            false => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
        }
    }
}
