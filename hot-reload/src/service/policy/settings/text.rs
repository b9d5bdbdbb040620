//! Durations as text: one or more whole numbers, each with a unit.
//!
//! No crate is needed for this grammar, and the error names the form that is expected.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserializer, Serializer};

/// The units, with their milliseconds. A unit that begins like another one comes first.
const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
];

/// Parses `1h30m`. `None` if the text has another form, or is too long for a number of milliseconds.
fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut sum = 0_u64;
    loop {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let mut units = UNITS.iter();
        let (after, millis) =
            units.find_map(|(unit, millis)| Some((after.strip_prefix(unit)?, millis)))?;
        sum = sum.checked_add(number.checked_mul(*millis)?)?;
        if after.is_empty() {
            return Some(Duration::from_millis(sum));
        }
        rest = after;
    }
}

pub(super) fn serialize<S: Serializer>(
    duration: &Option<Duration>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        None => to.serialize_none(),
        Some(whole) if whole.subsec_millis() == 0 => {
            to.collect_str(&format_args!("{}s", whole.as_secs()))
        }
        Some(part) => to.collect_str(&format_args!("{}ms", part.as_millis())),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Duration>, D::Error> {
    struct Text;

    impl Visitor<'_> for Text {
        type Value = Option<Duration>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a duration such as \"500ms\", \"30s\" or \"1h30m\"")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            match parse(text) {
                Some(duration) => Ok(Some(duration)),
                None => Err(E::invalid_value(Unexpected::Str(text), &self)),
            }
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    from.deserialize_any(Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_a_sum_of_numbers_with_units() {
        let millis = |text| parse(text).map(|duration| duration.as_millis());
        assert_eq!(millis("500ms"), Some(500));
        assert_eq!(millis("30s"), Some(30_000));
        assert_eq!(millis("5m"), Some(300_000));
        assert_eq!(millis("1h30m"), Some(5_400_000));
        assert_eq!(millis("1d"), Some(86_400_000));
        assert_eq!(millis(" 0s "), Some(0));
    }

    #[test]
    fn text_of_another_form_is_no_duration() {
        for text in [
            "",
            "30",
            "s",
            "30 s",
            "-1s",
            "1.5s",
            "30sec",
            "1h 30m",
            "99999999999999999999s",
            "18446744073709551615d",
            "\u{663}s",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
