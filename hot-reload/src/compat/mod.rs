//! The surface of release 0.3.6, kept so that programs written for it build and run unchanged.
//!
//! Its types are re-exported at the root of the crate. What is behind them is the same engine as behind the builder.

mod config;
#[cfg(feature = "file-reloader")]
pub mod file_reloader;
mod receiver;
mod sender;

pub use self::config::{ReloaderConfig, WatchStrategy};
pub use self::receiver::ReloaderReceiver;
pub use self::sender::ReloaderSender;
