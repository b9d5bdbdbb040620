//! Longer texts: how to use what the other pages describe.
//!
//! - [`patterns`]: reading a live value, the wrong way beside the right one;
//! - [`swaps`]: from content to a visible value, and back.
//!
//! This module is there for `rustdoc` alone, which compiles and runs what the texts show. A program contains nothing of it.

#[doc = include_str!("patterns.md")]
pub mod patterns {}

#[doc = include_str!("swaps.md")]
pub mod swaps {}
