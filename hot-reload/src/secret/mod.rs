//! What counts as a secret, and how a text loses it: the one set of rules for errors, logs and what changed.
//!
//! A secret is recognized by the name of its key or by what it looks like:
//!
//! - `names`: what people call secrets, in any spelling;
//! - `shapes`: what secrets look like, wherever they stand in a text;
//! - `entropy`: the shape of a random text;
//! - `plain`: what evidently is no secret;
//! - `value`: whether one value of a configuration may be shown;
//! - `cut`: a sentence without the secrets in it.

#![cfg_attr(
    not(all(
        feature = "diff",
        any(feature = "json", feature = "toml", feature = "yaml")
    )),
    allow(
        dead_code,
        unused_imports,
        reason = "a build without decoders or without `diff` needs only some of the rules"
    )
)]

mod cut;
mod entropy;
mod names;
mod plain;
mod shapes;
mod value;

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub(crate) use self::cut::{HIDDEN, cut_ranges};
pub(crate) use self::cut::{cut, cut_name};
#[cfg(any(feature = "diff", feature = "json", feature = "toml", feature = "yaml"))]
pub(crate) use self::names::{Level, level};
#[cfg(any(feature = "diff", feature = "json", feature = "toml", feature = "yaml"))]
pub(crate) use self::value::{carries_secret, is_harmless};
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub(crate) use self::{
    names::{is_field, is_usual},
    value::is_secret,
};
