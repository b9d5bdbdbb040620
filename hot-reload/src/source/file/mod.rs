#![doc = include_str!("file.md")]

mod one;
mod opened;
mod step;

pub(crate) mod fault;
pub(crate) mod os;
pub(crate) mod path;
pub(crate) mod read;
pub(crate) mod turns;
pub(crate) mod watch;

pub use self::one::File;
pub use self::opened::{LoadFile, LoadedFile, OpenFile};
pub use self::read::bytes::read;
pub use self::watch::file_events::FileEvents;
