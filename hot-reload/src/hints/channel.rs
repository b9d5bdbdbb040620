//! [`Channel`]: the trait of a receiver of hints, behind a [`HintSender`](super::HintSender).

use super::content::Content;
use crate::error::Error;

/// A receiver of hints, content and signs of life.
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
