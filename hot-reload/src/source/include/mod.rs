//! Files that decoders include.
//!
//! - [`base`]: where relative paths lead;
//! - `requests`, `glob`: what a decoder has asked for;
//! - `included`, `context`: what a decoder sees;
//! - `companion`: the included files of one source; `roster` lists them, `watching` watches them with the source;
//! - `rounds`: a load: decodes, reads what is asked for, and decodes again;
//! - `plain`: the same without the feature `dir`.

#[cfg_attr(
    not(feature = "dir"),
    allow(dead_code, reason = "only included files need a base")
)]
pub(super) mod base;
#[cfg(feature = "dir")]
pub(super) mod companion;
#[cfg(feature = "dir")]
pub(super) mod context;
pub(super) mod decoding;
#[cfg(feature = "dir")]
mod glob;
#[cfg(feature = "dir")]
pub(super) mod included;
#[cfg(not(feature = "dir"))]
pub(super) mod plain;
#[cfg(feature = "dir")]
pub(super) mod requests;
#[cfg(feature = "dir")]
mod roster;
#[cfg(feature = "dir")]
pub(super) mod rounds;
#[cfg(feature = "dir")]
pub(super) mod watching;

#[cfg(feature = "dir")]
pub(super) use self::companion::Companion;
#[cfg(not(feature = "dir"))]
pub(super) use self::plain::{Companion, content, load, open, plan, status};
#[cfg(feature = "dir")]
pub(super) use self::rounds::{content, load, plan};
#[cfg(feature = "dir")]
pub(super) use self::watching::{open, status};
