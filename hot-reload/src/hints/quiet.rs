//! [`Quiet`]: a sender that does not keep a watch open.

use std::sync::Weak;

use super::channel::Channel;
use crate::error::Error;

/// Passes hints on, as long as the receiver has other senders or is alive. A watch ends with its last sender; this one does not
/// count.
#[derive(Clone)]
pub(crate) struct Quiet(pub(super) Weak<dyn Channel>);

impl Channel for Quiet {
    fn hint(&self) {
        if let Some(channel) = self.0.upgrade() {
            channel.hint();
        }
    }

    fn lost(&self, error: &Error) {
        if let Some(channel) = self.0.upgrade() {
            channel.lost(error);
        }
    }

    fn is_closed(&self) -> bool {
        self.0.upgrade().is_none_or(|channel| channel.is_closed())
    }
}
