//! [`Channel`]: the receiving side of a sender.

use super::content::Content;
use crate::error::Error;

/// The receiving side of a sender.
pub(crate) trait Channel: Send + Sync {
    fn hint(&self);

    /// Content arrived. Provided: a hint, for a receiver that cannot decode.
    fn content(&self, content: Box<Content>) {
        drop(content);
        self.hint();
    }

    /// The watch works. Provided: nothing, for a receiver without an idle timeout.
    fn alive(&self) {}

    fn lost(&self, error: &Error);
    fn is_closed(&self) -> bool;

    /// A sender was added.
    fn joined(&self) {}

    /// A sender was dropped.
    fn left(&self) {}
}
