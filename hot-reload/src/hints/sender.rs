//! [`HintSender`]: the sending side of a watch.

use std::fmt;
use std::sync::Arc;

use super::channel::Channel;
use super::content::Content;
#[cfg(feature = "dir")]
use super::quiet::Quiet;
use super::slot::{Hints, Slot};
use crate::error::Error;
use crate::revision::Revision;

/// Notifies a service that its source may have changed. Cloning is cheap, and no method waits.
///
/// The watch ends with [`lost`](Self::lost), or when the last clone is dropped.
pub struct HintSender(Arc<dyn Channel>);

impl HintSender {
    /// Makes a sender and its receiver, for a test of [`RealtimeWatch::watch_hints`](crate::RealtimeWatch::watch_hints) or
    /// [`Source::subscribe`](crate::source::Source::subscribe). A service makes its own.
    ///
    /// ```
    /// use hot_reload::Revision;
    /// use hot_reload::source::{HintSender, Signal};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), hot_reload::Error> {
    /// let (sender, mut hints) = HintSender::pair();
    /// sender.hint();
    /// assert_eq!(hints.next().await?, Signal::Hint);
    ///
    /// sender.content("port = 80", Revision::from(1_u64));
    /// sender.content("port = 81", Revision::from(2_u64));
    /// let Signal::Content(latest) = hints.next().await? else { unreachable!() };
    /// assert_eq!(latest.bytes, b"port = 81");
    /// # Ok(())
    /// # }
    /// ```
    pub fn pair() -> (Self, Hints) {
        Self::paired(true)
    }

    /// As [`pair`](Self::pair). `wants_life`: whether the receiver is woken for signs of life.
    pub(crate) fn paired(wants_life: bool) -> (Self, Hints) {
        let slot = Arc::new(Slot::new(wants_life));
        (Self::over(Arc::clone(&slot) as _), Hints::new(slot))
    }

    /// Makes a sender to another kind of receiver.
    pub(crate) fn over(channel: Arc<dyn Channel>) -> Self {
        channel.joined();
        Self(channel)
    }

    /// Notifies the service that something may have changed. The service loads.
    pub fn hint(&self) {
        self.0.hint();
    }

    /// Delivers the content of the source as it is now, so that the service need not load it at once.
    ///
    /// Content is a hint that carries the answer. `revision` is the one that [`fetch`](crate::source::Source::fetch) returns for
    /// the same content. The service keeps only the latest content, and a later [`hint`](Self::hint)
    /// discards it. Check the size before the call, as `fetch` does.
    /// [`Source`](crate::source::Source#contract) has all rules.
    pub fn content(&self, bytes: impl Into<Vec<u8>>, revision: Revision) {
        self.0.content(Box::new(Content::new(bytes, revision)));
    }

    /// Gives a sign of life: the watch works, and nothing has changed.
    ///
    /// It restarts the [`idle`](crate::source::WatchProfile::idle) timeout of the watch, as hints and content do. It costs
    /// nothing
    /// if the service has no such timeout.
    pub fn alive(&self) {
        self.0.alive();
    }

    /// Ends the watch with this error. Later hints have no effect.
    pub fn lost(&self, error: &Error) {
        self.0.lost(error);
    }

    /// The same receiver, for a second watch of the same source. It does not keep the watch open: that ends with its other
    /// senders.
    #[cfg(feature = "dir")]
    pub(crate) fn quiet(&self) -> Quiet {
        Quiet(Arc::downgrade(&self.0))
    }

    /// A sender that does not keep the watch open.
    #[cfg(feature = "dir")]
    pub(crate) fn quietly(quiet: &Quiet) -> Self {
        Self::over(Arc::new(quiet.clone()))
    }

    /// Whether the receiver is gone.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl Clone for HintSender {
    fn clone(&self) -> Self {
        Self::over(Arc::clone(&self.0))
    }
}

impl Drop for HintSender {
    fn drop(&mut self) {
        self.0.left();
    }
}

impl fmt::Debug for HintSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HintSender")
            .field("closed", &self.is_closed())
            .finish()
    }
}
