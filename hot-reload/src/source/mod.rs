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
mod channel;
mod decode;
mod decoded;
#[cfg(feature = "dir")]
mod dir;
#[cfg(feature = "file")]
pub mod file;
#[cfg(feature = "dir")]
pub mod files;
#[cfg(feature = "dir")]
mod group;
#[cfg(feature = "dir")]
mod unit;
mod values;

use std::future::Future;
use std::time::Duration;

use crate::error::Error;
use crate::revision::Revision;
use crate::status::{Hold, SourceStatus};

#[cfg(feature = "json")]
pub use self::decode::Json;
#[cfg(feature = "toml")]
pub use self::decode::Toml;
#[cfg(feature = "yaml")]
pub use self::decode::Yaml;
pub use self::decode::{Decode, DecodeWith, Optional};
pub use self::decoded::Decoded;
#[cfg(feature = "dir")]
pub use self::dir::Dir;
#[cfg(feature = "file")]
pub use self::file::one::File;
#[cfg(feature = "file")]
pub use self::file::opened::OpenFile;
#[cfg(feature = "dir")]
pub use self::group::Group;
pub use crate::hints::{HintSender, Hints, Subscription};
pub use crate::watch::WatchProfile;

/// A source of bytes that change.
///
/// # Contract
///
/// 1. `fetch` returns what the source holds now. It answers [`Fetched::Unchanged`] only if the source still is in the
///    state named by `seen`.
/// 2. Equal revisions mean equal bytes. `fetch` never returns bytes of two states, nor bytes that are still being
///    written, as far as the source can know. If that takes long, it returns [`Fetched::Held`] instead of exceeding the
///    deadline of a load.
/// 3. When `subscribe` returns, every later change leads to a hint. Repeated and needless hints are harmless.
/// 4. Dropping the [`Subscription`] releases everything that the subscription holds; dropping a future of `fetch` or
///    `subscribe` leaves nothing behind.
/// 5. Neither `name`, nor `status`, nor `Debug`, nor an error shows a credential.
pub trait Source: Send + Sync + 'static {
    /// The name of this source in errors: a path, a key, a URL without credentials.
    fn name(&self) -> String;

    /// Fetches the current content, unless it is still in the state that was `seen` last.
    ///
    /// # Errors
    ///
    /// The reason why fetching failed. After [`ErrorKind::Denied`](crate::error::ErrorKind::Denied) and
    /// [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured) there is no quick retry: the next load follows after
    /// 5 min up to 1 h, or under [`hybrid`](crate::Builder::hybrid) within the heartbeat. After all other kinds, the first
    /// retry follows after 250 ms.
    fn fetch(&self, seen: Option<&Revision>)
    -> impl Future<Output = Result<Fetched, Error>> + Send;

    /// Sends a hint whenever the content may have changed, until the subscription is dropped.
    ///
    /// # Errors
    ///
    /// The reason why there is no watch now. The service polls, and opens a watch again later.
    fn subscribe(
        &self,
        hints: HintSender,
    ) -> impl Future<Output = Result<Subscription, Error>> + Send;

    /// The timing of this source's hints.
    fn profile(&self) -> WatchProfile;

    /// The status of this source: its degradations and its counters. Provided: `None`.
    ///
    /// The service calls this often, so it must be cheap and must not block; see
    /// [`Reload::source_status`](crate::Reload::source_status).
    fn status(&self) -> Option<SourceStatus> {
        None
    }

    /// Whether content that becomes empty or blank is treated like any other. Provided: `false`; see
    /// [`Loaded::Emptied`](crate::Loaded::Emptied).
    fn accepts_empty(&self) -> bool {
        false
    }

    /// Combines this source with a decoder.
    fn decode<D: Decode>(self, decoder: D) -> Decoded<Self, D>
    where
        Self: Sized,
    {
        Decoded::new(self, decoder)
    }
}

/// The result of a fetch.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fetched {
    /// The source is still in the state that was seen last.
    Unchanged,
    /// The content and its revision.
    Content {
        /// The bytes.
        bytes: Vec<u8>,
        /// The revision of this content.
        revision: Revision,
    },
    /// The source has no content, such as a file that does not exist.
    Absent,
    /// The content is not ready, such as a file that somebody is writing: see
    /// [`Loaded::Held`](crate::Loaded::Held).
    Held {
        /// The reason, since when, and what ends it.
        hold: Hold,
        /// The longest time until the next load; a hint shortens it.
        again: Duration,
    },
}

/// Shows the size of the content instead of the content, which may be secret.
impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unchanged => f.write_str("Unchanged"),
            Self::Absent => f.write_str("Absent"),
            Self::Held { hold, again } => f
                .debug_struct("Held")
                .field("hold", hold)
                .field("again", again)
                .finish(),
            Self::Content { bytes, revision } => f
                .debug_struct("Content")
                .field("len", &bytes.len())
                .field("revision", revision)
                .finish(),
        }
    }
}
