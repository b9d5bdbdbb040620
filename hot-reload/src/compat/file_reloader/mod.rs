//! [`FileReloader`]: a value that loads itself from a file.
//!
//! The loader is the caller's: `TryFrom<&PathBuf>`, and for a watched file [`AsyncFileLoad`]. It may read further files, and
//! may name them in [`dependent_paths`](AsyncFileLoad::dependent_paths). So every load calls the loader, and comparing the
//! values decides whether anything has changed.
//!
//! For a built-in format, [`source::File`](crate::source::File) with a decoder is less to write. It also finds out without
//! decoding that nothing has changed.

mod async_file_load;
mod loader;
mod memory;
mod reloader;

#[doc(no_inline)]
pub use self::async_file_load::AsyncFileLoad;
#[doc(no_inline)]
pub use self::reloader::FileReloader;
