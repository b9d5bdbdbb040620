//! [`Methods`]: the methods that a route serves.

use std::fmt;

use axum::http::{HeaderValue, Method};
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer};

/// The methods that a route can serve, in the order of the header `Allow`.
const ALL: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];

/// The methods that a route serves. Default: GET, HEAD and POST. GET always includes HEAD.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Methods(u8);

impl Methods {
    /// GET, which includes HEAD.
    pub const GET: Self = Self(0b11);

    /// Whether the route serves this method.
    pub fn contain(self, method: &Method) -> bool {
        self.iter().any(|own| own == method)
    }

    /// The header `Allow`.
    pub(crate) fn allow(self) -> HeaderValue {
        let names: Vec<_> = self.iter().map(Method::as_str).collect();
        // Method names are tokens, which are valid in a header.
        HeaderValue::from_str(&names.join(", ")).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    pub(super) fn iter(self) -> impl Iterator<Item = &'static Method> {
        let own = move |&(index, _): &(usize, _)| self.0 & (1 << index) != 0;
        ALL.iter().enumerate().filter(own).map(|(_, method)| method)
    }
}

impl Default for Methods {
    fn default() -> Self {
        Self(0b111)
    }
}

impl<'de> Deserialize<'de> for Methods {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<Bit>::deserialize(deserializer)?;
        match names.iter().fold(0, |bits, bit| bits | bit.0) {
            0 => Err(D::Error::custom(
                "no method; name at least one, or leave the key out",
            )),
            // RFC 9110, section 9.3.2: HEAD is GET without its content.
            bits if bits & 1 != 0 => Ok(Self(bits | 2)),
            bits => Ok(Self(bits)),
        }
    }
}

/// One method.
struct Bit(u8);

impl<'de> Deserialize<'de> for Bit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = ALL.iter().position(|method| method.as_str() == name);
        let form = "GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, in capitals";
        known
            .map(|index| Self(1 << index))
            .ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&name), &form))
    }
}

impl fmt::Debug for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
