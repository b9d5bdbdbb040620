//! A number or a date of TOML.

use ::toml::de::ValueDeserializer;

use super::super::fault::Fault;

/// The deserializer of a number or a date.
pub(in super::super) fn deserializer(raw: &str) -> Result<ValueDeserializer<'_>, Fault> {
    ValueDeserializer::parse(raw).map_err(|error| Fault::new(error.message()))
}

/// The fault of a number or a date. The decoder represents a date as a map, so this calls it a date again.
pub(in super::super) fn fault(error: &::toml::de::Error) -> Fault {
    Fault::new(match error.message().strip_prefix("invalid type: map,") {
        Some(rest) => format!("invalid type: a date or time,{rest}"),
        None => error.message().to_owned(),
    })
}
