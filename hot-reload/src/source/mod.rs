//! Sources of bytes and their decoders.
//!
//! A [`Source`] fetches bytes and sends hints of changes. [`Source::decode`] combines it with a [`Decode`]r into the
//! `Reload + RealtimeWatch` for a service:
//!
//! ```
//! # #[cfg(all(feature = "file", feature = "toml"))] {
//! use hot_reload::source::{File, Source, Toml};
//!
//! #[derive(Clone, PartialEq, serde::Deserialize)]
//! struct AppConfig {
//!     greeting: String,
//! }
//!
//! let config = File::new("app.toml").decode(Toml::<AppConfig>::new());
//! # }
//! ```

pub(crate) mod blank;
mod boxed;
mod channel;
mod closures;
mod contract;
mod decode;
mod decoded;
#[cfg(feature = "dir")]
mod dir;
mod fetched;
#[cfg(feature = "file")]
pub mod file;
pub mod files;
#[cfg(feature = "dir")]
mod group;
mod include;
#[cfg(feature = "layers")]
#[cfg_attr(
    not(any(feature = "json", feature = "toml", feature = "yaml")),
    allow(
        dead_code,
        unused_imports,
        reason = "a build without formats needs only some of it"
    )
)]
pub mod layers;
mod on_drop;
#[cfg(feature = "dir")]
mod unit;
mod values;

pub use self::boxed::BoxSource;
pub use self::closures::{BytesFromFn, FnWatch, FromFn, bytes_from_fn, from_fn};
pub use self::contract::Source;
#[cfg(feature = "json")]
pub use self::decode::Json;
#[cfg(feature = "toml")]
pub use self::decode::Toml;
#[cfg(feature = "yaml")]
pub use self::decode::Yaml;
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub use self::decode::{ByFormat, Format};
pub use self::decode::{Decode, DecodeWith, Optional};
#[cfg(feature = "expand")]
pub use self::decode::{Expand, Expandable};
pub use self::decoded::Decoded;
#[cfg(feature = "dir")]
pub use self::dir::Dir;
pub use self::fetched::Fetched;
#[cfg(feature = "file")]
pub use self::file::one::File;
#[cfg(feature = "file")]
pub use self::file::opened::OpenFile;
#[cfg(feature = "dir")]
pub use self::group::Group;
pub use self::include::base::Base;
#[cfg(feature = "layers")]
pub use self::layers::builder::Layers;
pub use crate::hints::{Content, HintSender, Hints, Signal, Subscription};
pub use crate::watch::WatchProfile;
