//! One value of each format.

#[cfg(feature = "json")]
pub(super) mod json;
mod shown;
#[cfg(feature = "toml")]
pub(super) mod toml;
#[cfg(feature = "yaml")]
pub(super) mod yaml;

pub(in crate::source) use self::shown::Shown;
