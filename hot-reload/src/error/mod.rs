//! The parts of an [`Error`], and a result with it.
//!
//! - [`ErrorKind`]: what a program decides by;
//! - [`Location`]: the place in the source that an error is about;
//! - [`Result`]: a result whose default error is [`Error`]. The root of the crate has no such name, so that
//!   `use hot_reload::*` does not hide the `Result` of the prelude.

mod kind;
mod line;
mod location;
mod masked;
pub(crate) mod opaque;
pub(crate) mod reloader;

pub use self::kind::ErrorKind;
#[cfg(any(
    feature = "json",
    feature = "layers",
    feature = "toml",
    feature = "yaml"
))]
pub(crate) use self::line::joined;
pub(crate) use self::line::{escaped, one_line};
pub use self::location::Location;
pub(crate) use self::opaque::Error;
pub(crate) use self::reloader::ReloadResult;

/// A result with [`Error`] as its default error.
///
/// ```
/// fn parse(text: &str) -> hot_reload::error::Result<u16> {
///     use hot_reload::error::ErrorKind;
///
///     let port = text.trim().parse();
///     port.map_err(|_| hot_reload::Error::new(ErrorKind::Decode, "expected a port"))
/// }
///
/// assert!(parse("80").is_ok());
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;
