//! The channel from the watch of a source to its service.
//!
//! - [`HintSender`]: the source notifies;
//! - [`Hints`]: the service receives, each message a [`Signal`];
//! - [`Content`]: the answer to a hint, sent along with it;
//! - [`Subscription`]: keeps the watch open.

mod channel;
mod content;
#[cfg(feature = "dir")]
mod quiet;
mod sender;
mod slot;
mod subscription;

#[cfg(test)]
mod tests;

pub(crate) use self::channel::Channel;
pub use self::content::{Content, Signal};
#[cfg(feature = "dir")]
pub(crate) use self::quiet::Quiet;
pub use self::sender::HintSender;
pub use self::slot::Hints;
pub use self::subscription::Subscription;
