//! The API of release 0.3.6: programs written for it build and run unchanged.
//!
//! The root of the crate re-exports its types. They use the same engine as the builder.

mod config;
#[cfg(feature = "file-reloader")]
pub mod file_reloader;
mod receiver;
mod sender;

pub use self::config::{ReloaderConfig, WatchStrategy};
pub use self::receiver::ReloaderReceiver;
pub use self::sender::ReloaderSender;
