//! [`Source`]: the trait of sources of bytes, with its contract.

use std::future::{self, Future};

use super::boxed::BoxSource;
use super::decode::Decode;
use super::decoded::Decoded;
use super::fetched::Fetched;
use super::files::{DecodeFiles, DecodeMerged, DecodedFiles, EachKey, Merged};
use super::include::base::Base;
use crate::error::Error;
use crate::hints::{HintSender, Subscription};
use crate::revision::Revision;
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

/// A source of bytes that change.
///
/// Only [`name`](Self::name) and [`fetch`](Self::fetch) are required. Such a source has no watch, so services poll it:
///
/// ```
/// use hot_reload::error::ErrorKind;
/// use hot_reload::source::{DecodeWith, Fetched, Source};
/// use hot_reload::{Error, ReloaderService, Revision};
///
/// struct Variable(&'static str);
///
/// impl Source for Variable {
///     fn name(&self) -> String {
///         self.0.to_owned()
///     }
///
///     async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
///         let Some(value) = std::env::var_os(self.0) else {
///             return Ok(Fetched::Absent);
///         };
///         let bytes = value.into_encoded_bytes();
///         if bytes.len() > 64 << 10 {
///             return Err(Error::new(ErrorKind::TooLarge, "is longer than 64 KiB"));
///         }
///         let revision = Revision::new(&bytes);
///         Ok(match seen == Some(&revision) {
///             true => Fetched::Unchanged,
///             false => Fetched::Content { bytes, revision },
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let path = Variable("PATH").decode(DecodeWith::new(|bytes| String::from_utf8(bytes.to_vec())));
/// let (live, _control) = ReloaderService::builder(path).start().await?;
/// assert!(!live.load().is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # Contract
///
/// 1. `fetch` returns the present content of the source. It answers [`Fetched::Unchanged`] only if the source still is in the
///    state named by `seen`.
/// 2. Equal revisions mean equal bytes. `fetch` never returns bytes of two states, nor bytes that are still being
///    written, as far as the source can know. If it must wait long for one complete state, it returns [`Fetched::Held`]
///    instead of exceeding the deadline of a load.
/// 3. When `subscribe` returns, every later change leads to a hint. Repeated and needless hints are harmless.
/// 4. Dropping the [`Subscription`] releases everything that the subscription holds; dropping a future of `fetch` or
///    `subscribe` leaves nothing behind.
/// 5. Neither `name`, nor `status`, nor `Debug`, nor an error shows a credential.
/// 6. A subscription may deliver content by [`HintSender::content`]: the whole present content of the source, with the revision
///    that `fetch` returns for it. It is never older than content that the subscription or a `fetch` has returned before. A
///    later `fetch` returns this content or newer. A removal is a hint.
///
/// # Content
///
/// Content is a hint that carries the answer. A service treats it so:
///
/// - **Pipeline**: it is decoded, validated and published like a loaded value. Bad content is rejected with the same error,
///   [empty content](crate::Loaded::Emptied) is confirmed by a load, and a pause or a rollback holds it. Content with the
///   revision of the last load is not decoded again.
/// - **Time**: the debounce window and the limit of loads are those of hints.
/// - **Memory**: a watch keeps only the latest content. A later hint discards it.
/// - **Order**: a load of the source that begins after the content replaces it. If a load is already running, the service
///   cannot know which of the two is newer, because revisions have no order. If that load fails or finds nothing new, the
///   content is used. If it finds something new, the service loads once more.
/// - **Trust**: periodic loads go on as under a watch that only hints, so the next heartbeat confirms the content.
///
/// A source of [several parts](Fetched::Files) has no bytes of its own, so a service treats content of it as a hint.
pub trait Source: Send + Sync + 'static {
    /// The name of this source in errors: a path, a key, a URL without credentials.
    fn name(&self) -> String;

    /// Fetches the current content, unless it is still in the state that was `seen` last.
    ///
    /// # Errors
    ///
    /// The reason why fetching failed. After [`ErrorKind::Denied`](crate::error::ErrorKind::Denied) and
    /// [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured) there is no quick retry. The next load follows after
    /// 5 min to 1 h. Under [`hybrid`](crate::Builder::hybrid), it follows within the heartbeat. After all other kinds, the first
    /// retry follows after 250 ms.
    fn fetch(&self, seen: Option<&Revision>)
    -> impl Future<Output = Result<Fetched, Error>> + Send;

    /// Sends a hint or content whenever the content may have changed, until the subscription is dropped. Provided:
    /// [`Subscription::none`]: there is no watch, and the service only polls.
    ///
    /// # Errors
    ///
    /// The reason why there is no watch now. The service polls, and opens a watch again later.
    fn subscribe(
        &self,
        hints: HintSender,
    ) -> impl Future<Output = Result<Subscription, Error>> + Send {
        drop(hints);
        future::ready(Ok(Subscription::none()))
    }

    /// The timing of this source's hints, and of polling. Provided: [`WatchProfile::unknown`].
    fn profile(&self) -> WatchProfile {
        WatchProfile::unknown()
    }

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

    /// The base of relative paths that a decoder [includes](super::files::Part::include). Provided: [`Base::none`], with which only
    /// absolute paths can be included.
    fn base(&self) -> Base {
        Base::none()
    }

    /// Combines this source with a decoder.
    fn decode<D: Decode>(self, decoder: D) -> Decoded<Self, D>
    where
        Self: Sized,
    {
        Decoded::new(self, decoder)
    }

    /// Decodes all [parts](Fetched::Files) of this source into one value, with a function or another [`DecodeFiles`]. A source
    /// without parts counts as one part, which has the name of the source as its key.
    fn decode_files<D: DecodeFiles>(self, decoder: D) -> DecodedFiles<D>
    where
        Self: Sized,
    {
        DecodedFiles::new(self.boxed(), decoder)
    }

    /// Decodes each [part](Fetched::Files) separately. The value is a `BTreeMap<String, T>` by the keys.
    fn each<D: Decode>(self, decoder: D) -> DecodedFiles<EachKey<D>>
    where
        Self: Sized,
    {
        self.decode_files(EachKey::new(decoder))
    }

    /// Merges all [parts](Fetched::Files) into one value. Tables are merged key by key. Of all other values, the one of the last
    /// part wins, in the order of the parts' keys. An error has its location in the part at fault.
    fn merge<D: DecodeMerged>(self, decoder: D) -> DecodedFiles<Merged<D>>
    where
        Self: Sized,
    {
        self.decode_files(Merged::new(decoder))
    }

    /// Puts this source behind one type with others, for a list or for a choice at run time.
    fn boxed(self) -> BoxSource
    where
        Self: Sized,
    {
        BoxSource::new(self)
    }
}
