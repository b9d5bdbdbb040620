//! [`parse`]: makes a tree of one document.

mod build;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "toml")]
mod toml;
#[cfg(feature = "yaml")]
mod yaml;

use self::build::{Build, MOST};
use super::node::Node;
use crate::error::{Error, ErrorKind, Location};
use crate::source::decode::format::Format;
use crate::source::decode::place;
use crate::source::decode::quoting::Quoting;

/// Parses one document. `name` is its name in errors.
///
/// # Errors
///
/// [`ErrorKind::Decode`] for what the decoder of the format refuses before it knows its target, and [`ErrorKind::TooLarge`] for
/// too many values.
pub(in crate::source) fn parse(
    format: Format,
    bytes: &[u8],
    name: &str,
    quoting: Quoting,
) -> Result<Node, Error> {
    let text = place::text(bytes, name)?;
    let mut build = Build::new(name, text);
    let built = match format {
        #[cfg(feature = "toml")]
        Format::Toml => toml::build(&mut build, text, name, quoting)?,
        #[cfg(feature = "json")]
        Format::Json => json::build(&mut build, text, name)?,
        #[cfg(feature = "yaml")]
        Format::Yaml => yaml::build(&mut build, text, name)?,
    };
    let _ = quoting;
    built.ok_or_else(|| {
        let text = format!("has more values than the limit of {MOST}");
        Error::new(ErrorKind::TooLarge, text).at(Location::new(name))
    })
}
