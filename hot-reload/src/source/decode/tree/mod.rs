//! A tree of values from several documents: each [`Node`] knows where it stands.
//!
//! - `parse`: makes a tree of one document, with the bounds and the messages of its decoder;
//! - `origin`, `node`: a place, and a value with its place;
//! - `scalar`, `leaf`: one value, deserialized by the decoder of its format;
//! - `text`, `items`: one text without a type, such as an environment variable, and the list in it;
//! - `program`: makes a tree of a value of the program;
//! - `merge`: merges one tree over another;
//! - `replace`: replaces texts;
//! - `look`: finds and shows a value;
//! - `cursor`, `access`, `deserialize`: serde's view of a tree;
//! - `fault`, `trail`: an error with its place and its path;
//! - `decode`: deserializes a tree, and reports errors and ignored keys.

mod access;
mod cursor;
mod decode;
mod deserialize;
mod fault;
mod items;
mod leaf;
mod look;
mod merge;
mod node;
mod origin;
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
mod parse;
mod program;
#[cfg(any(feature = "expand", test))]
mod replace;
mod scalar;
mod text;
mod trail;

pub(in crate::source) use self::decode::{Decoded, Tree};
pub(in crate::source) use self::merge::merged;
pub(in crate::source) use self::node::{Entry, Kind, Node};
pub(in crate::source) use self::origin::{Origin, Part};
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub(in crate::source) use self::parse::parse;
pub(in crate::source) use self::program::of_value;
#[cfg(feature = "expand")]
pub(in crate::source) use self::replace::Found;
pub(in crate::source) use self::scalar::Scalar;
pub(in crate::source) use self::text::Text;

#[cfg(all(test, feature = "json", feature = "toml", feature = "yaml"))]
#[allow(clippy::unwrap_used, reason = "a helper of a test may panic, too")]
mod tests;
