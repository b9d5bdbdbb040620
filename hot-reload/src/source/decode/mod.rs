//! [`Decode`]: turns bytes into a value.

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
mod by_format;
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
mod decoder;
#[cfg(any(feature = "layers", feature = "yaml"))]
mod deep;
#[cfg(feature = "expand")]
pub(in crate::source) mod expand;
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
mod format;
#[cfg(feature = "json")]
mod json;
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
mod merged;
#[cfg(any(
    feature = "json",
    feature = "layers",
    feature = "toml",
    feature = "yaml"
))]
#[cfg_attr(
    not(any(feature = "json", feature = "toml", feature = "yaml")),
    allow(dead_code, reason = "a build without formats needs only some of it")
)]
pub(in crate::source) mod place;
#[cfg(any(
    feature = "json",
    feature = "layers",
    feature = "toml",
    feature = "yaml"
))]
#[cfg_attr(
    not(any(feature = "json", feature = "toml", feature = "yaml")),
    allow(dead_code, reason = "a build without formats needs only some of it")
)]
pub(in crate::source) mod quoting;
#[cfg(feature = "toml")]
mod toml;
#[cfg(feature = "layers")]
#[cfg_attr(
    not(any(feature = "json", feature = "toml", feature = "yaml")),
    allow(
        dead_code,
        unused_imports,
        reason = "a build without formats needs only some of it"
    )
)]
pub(in crate::source) mod tree;
#[cfg(feature = "yaml")]
mod yaml;

use std::fmt;
use std::fmt::Display;

use super::files::Part;
use crate::error::{Error, ErrorKind};

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub use self::by_format::ByFormat;
#[cfg(feature = "expand")]
pub use self::expand::{Expand, Expandable};
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub use self::format::Format;
#[cfg(feature = "json")]
pub use self::json::Json;
#[cfg(feature = "toml")]
pub use self::toml::Toml;
#[cfg(feature = "yaml")]
pub use self::yaml::Yaml;

/// Turns bytes into a value.
///
/// # Secrets
///
/// Errors of `Toml`, `Json` and `Yaml` quote the wrong value, because their reader needs it: a port, a name, a path. They
/// show `(not shown)` instead of a value that may be a secret. They always show line and column.
///
/// The names of the keys on the path to a value and the form of the value decide:
///
/// - **The name of a secret** hides the value, and everything below that key: `password`, `api_key`, `AccessToken`, `creds`,
///   `psk`, `auth`, `dsn`, `license`, `webhook`, `signing`, … in any spelling. Keys below it are hidden, too, unless they are
///   usual names of fields.
/// - **An ambiguous name** hides a value that is not evidently harmless: `endpoint`, `session`, `connection`,
///   `database_url`, `token_ttl`, `key_file`, … Numbers with units, IP addresses, switches, paths, and addresses of plain
///   words are harmless. `host:port` is harmless under the name of an address, such as `endpoint`, `broker` or `url`.
/// - **The form of a secret** hides a value under any key: credentials in a URL, `?code=…` and the like in its query,
///   `password=…`, `Bearer …`, `curl -u me:…` and other flags of command lines, blocks in PEM, JSON web tokens, prefixes of
///   issuers such as `sk_live_`, `ghp_`, `xoxb-` or `AKIA`, numbers of payment cards, random text of twelve characters or
///   more, and a text of more than four words or several lines.
/// - **The name of an identifier**, such as `commit`, `trace_id`, `digest` or `etag`, shows hexadecimal digits and UUIDs,
///   although they look random.
/// - **A copy** of a secret, or a part of eight characters, is hidden everywhere in the error.
///
/// A secret that looks like an ordinary word, under an ordinary key, cannot be recognized. A program declares such paths,
/// as in `Toml::new().secret(&["users.*.note"])`, or hides all values with `hide_values()`. In errors of your own decoder,
/// only the form of a secret is recognized, as in [every error](Error#secrets).
///
/// # Contract
///
/// 1. The same bytes, included files and referenced variables always give the same result.
/// 2. An error locates the fault as precisely as it can, and quotes no more of the content than the wrong value.
pub trait Decode: Send + Sync + 'static {
    /// The decoded value.
    type Value: Send + Sync + 'static;

    /// Decodes the bytes of the source with this name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`], with the location in the source.
    fn decode(&self, bytes: &[u8], name: &str) -> Result<Self::Value, Error>;

    /// Decodes a part that was read by a source. Provided: decodes its bytes.
    ///
    /// A decoder that [includes](Part::include) further files does so here, and implements [`decode`](Self::decode) as
    /// `self.decode_part(&Part::new(name, bytes))`. It runs again after each file that was not read yet.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    fn decode_part(&self, part: &Part) -> Result<Self::Value, Error> {
        self.decode(part.bytes(), part.name())
    }

    /// Makes this decoder decode into an `Option`, so that a removed source can become `None`. Use it with
    /// [`RemovalPolicy::clear`](crate::policy::RemovalPolicy::clear).
    fn optional(self) -> Optional<Self>
    where
        Self: Sized,
    {
        Optional(self)
    }
}

/// A decoder whose value is an `Option`. [`Decode::optional`] returns it.
#[derive(Debug, Clone, Copy)]
pub struct Optional<D>(D);

impl<D: Decode> Decode for Optional<D> {
    type Value = Option<D::Value>;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<Self::Value, Error> {
        self.0.decode(bytes, name).map(Some)
    }

    fn decode_part(&self, part: &Part) -> Result<Self::Value, Error> {
        self.0.decode_part(part).map(Some)
    }
}

/// A decoder made of a function, for other formats.
///
/// ```
/// use hot_reload::source::{Decode, DecodeWith};
///
/// let words = DecodeWith::new(|bytes| {
///     std::str::from_utf8(bytes).map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
/// });
/// assert_eq!(words.decode(b"a b", "words.txt").unwrap(), ["a", "b"]);
/// let error = words.decode(b"\xff", "words.txt").unwrap_err();
/// assert!(error.to_string().starts_with("words.txt: invalid utf-8"));
/// ```
#[derive(Clone, Copy)]
pub struct DecodeWith<F>(F);

impl<F> DecodeWith<F> {
    /// A decoder that calls this function.
    pub fn new<V, E>(decode: F) -> Self
    where
        F: Fn(&[u8]) -> Result<V, E> + Send + Sync + 'static,
        V: Send + Sync + 'static,
        E: Display,
    {
        Self(decode)
    }
}

impl<F, V, E> Decode for DecodeWith<F>
where
    F: Fn(&[u8]) -> Result<V, E> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: Display,
{
    type Value = V;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<V, Error> {
        (self.0)(bytes)
            .map_err(|error| Error::new(ErrorKind::Decode, error.to_string()).or_at(name))
    }
}

impl<F> fmt::Debug for DecodeWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeWith").finish_non_exhaustive()
    }
}
