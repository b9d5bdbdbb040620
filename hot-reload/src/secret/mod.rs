//! Detection and redaction of secrets. Errors, logs and diffs use the same rules.
//!
//! A secret is recognized by the name of its key or by its own form:
//!
//! - `names`: names of keys, in any spelling;
//! - `shapes`: forms of secrets, anywhere in a text;
//! - `entropy`: detection of random text;
//! - `plain`: evidently harmless values;
//! - `value`: decides whether one value of a configuration may be shown;
//! - `redact`: redaction of a text;
//! - `hash`: a hash with a key of this process;
//! - `referenced`: texts that came from references; `spellings`: their spellings in a decoded value.

#![cfg_attr(
    not(all(
        feature = "diff",
        any(
            feature = "json",
            feature = "layers",
            feature = "toml",
            feature = "yaml"
        )
    )),
    allow(
        dead_code,
        unused_imports,
        reason = "a build without decoders or without `diff` needs only some of the rules"
    )
)]

mod entropy;
mod hash;
mod names;
mod plain;
mod redact;
#[cfg(any(feature = "diff", feature = "expand"))]
mod referenced;
mod shapes;
#[cfg(feature = "expand")]
mod spellings;
mod value;

pub(crate) use self::hash::keyed;
#[cfg(any(
    feature = "diff",
    feature = "json",
    feature = "layers",
    feature = "toml",
    feature = "yaml"
))]
pub(crate) use self::names::{Form, Level, form, level};
#[cfg(any(
    feature = "json",
    feature = "layers",
    feature = "toml",
    feature = "yaml"
))]
pub(crate) use self::redact::{HIDDEN, redact_ranges};
pub(crate) use self::redact::{redact, redact_around, redact_name};
#[cfg(feature = "diff")]
pub(crate) use self::referenced::is_referenced;
#[cfg(feature = "expand")]
pub(crate) use self::referenced::learn;
#[cfg(feature = "expand")]
pub(crate) use self::spellings::{is_switch, spellings};
#[cfg(any(
    feature = "diff",
    feature = "json",
    feature = "layers",
    feature = "toml",
    feature = "yaml"
))]
pub(crate) use self::value::{carries_secret, is_expected, is_harmless};
#[cfg(any(
    feature = "json",
    feature = "layers",
    feature = "toml",
    feature = "yaml"
))]
pub(crate) use self::{
    names::{is_field, is_usual},
    value::is_secret,
};
