//! A tree of values from several documents: each [`Node`] knows where it stands.
//!
//! - `parse`: makes a tree of one document, with the bounds and the messages of its decoder;
//! - `origin`, `node`: a place, and a value with its place;
//! - `scalar`, `leaf`: one value, deserialized by the decoder of its format;
//! - `text`: one text without a type, such as an environment variable;
//! - `merge`: merges one tree over another;
//! - `cursor`, `access`, `deserialize`: serde's view of a tree;
//! - `fault`, `trail`: an error with its place and its path;
//! - `decode`: deserializes a tree, and reports errors and ignored keys.

mod access;
mod cursor;
mod decode;
mod deserialize;
mod fault;
mod leaf;
mod merge;
mod node;
mod origin;
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
mod parse;
mod scalar;
mod text;
mod trail;

pub(in crate::source) use self::decode::{Decoded, Tree};
pub(in crate::source) use self::node::{Entry, Found, Kind, Node};
pub(in crate::source) use self::origin::{Origin, Part};
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub(in crate::source) use self::parse::{Format, parse};
pub(in crate::source) use self::scalar::{Scalar, Shown, Value};
pub(in crate::source) use self::text::Text;

#[cfg(all(test, feature = "json", feature = "toml", feature = "yaml"))]
#[allow(clippy::unwrap_used, reason = "a helper of a test may panic, too")]
mod tests;
