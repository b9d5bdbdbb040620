//! Files that a loader of the user's reads instead of this crate.

mod attempt;
mod loaded_file;
mod open_file;

pub use self::loaded_file::LoadedFile;
pub use self::open_file::{LoadFile, OpenFile};
