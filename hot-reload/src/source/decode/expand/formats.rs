//! [`Expandable`]: the decoders whose documents have references.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::source::decode::Decode;
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
use crate::source::decode::format::Format;
#[cfg(feature = "json")]
use crate::source::decode::json::Json;
#[cfg(feature = "yaml")]
use crate::source::decode::place;
use crate::source::decode::quoting::Quoting;
#[cfg(feature = "toml")]
use crate::source::decode::toml::Toml;
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
use crate::source::decode::tree;
use crate::source::decode::tree::Node;
#[cfg(feature = "yaml")]
use crate::source::decode::yaml::Yaml;

/// A decoder that [`Expand`](super::Expand) can wrap: `Toml`, `Json`, `Yaml` and `ByFormat`.
#[diagnostic::on_unimplemented(
    message = "`Expand` cannot wrap `{Self}`",
    label = "only `Toml`, `Json`, `Yaml` and `ByFormat` have values in which references are expanded",
    note = "a decoder of another format calls `Part::include` for further files, and reads variables itself"
)]
pub trait Expandable: Decode<Value: DeserializeOwned> {
    /// Parses a document.
    #[doc(hidden)]
    fn parse(&self, bytes: &[u8], name: &str) -> Result<Document, Error>;
}

/// A parsed document. Only this crate makes one.
#[doc(hidden)]
#[allow(unnameable_types, reason = "nobody else can implement the trait")]
pub struct Document {
    pub(super) root: Node,
    pub(super) quoting: Quoting,
}

/// Shows nothing, because the values may be secret.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").finish_non_exhaustive()
    }
}

#[cfg(feature = "toml")]
impl<T: DeserializeOwned + Send + Sync + 'static> Expandable for Toml<T> {
    fn parse(&self, bytes: &[u8], name: &str) -> Result<Document, Error> {
        let quoting = self.quoting;
        let root = tree::parse(Format::Toml, bytes, name, quoting)?;
        Ok(Document { root, quoting })
    }
}

#[cfg(feature = "json")]
impl<T: DeserializeOwned + Send + Sync + 'static> Expandable for Json<T> {
    fn parse(&self, bytes: &[u8], name: &str) -> Result<Document, Error> {
        let quoting = self.quoting;
        let root = tree::parse(Format::Json, bytes, name, quoting)?;
        Ok(Document { root, quoting })
    }
}

#[cfg(feature = "yaml")]
impl<T: DeserializeOwned + Send + Sync + 'static> Expandable for Yaml<T> {
    fn parse(&self, bytes: &[u8], name: &str) -> Result<Document, Error> {
        let quoting = self.quoting;
        // The limits of this decoder hold, too, if they are stricter than the usual ones.
        self.scan(place::text(bytes, name)?, name)?;
        let root = tree::parse(Format::Yaml, bytes, name, quoting)?;
        Ok(Document { root, quoting })
    }
}
