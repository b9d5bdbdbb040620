#![doc = include_str!("file.md")]

pub(crate) mod one;
pub(crate) mod opened;
mod step;

pub(crate) mod fault;
pub(crate) mod os;
pub(crate) mod path;
pub(crate) mod read;
pub(crate) mod turns;
pub(crate) mod watch;

pub use self::opened::{LoadFile, LoadedFile};
pub use self::read::bytes::read;
pub use self::watch::file_events::FileEvents;
