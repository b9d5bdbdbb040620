//! Longer texts about the use of the crate.
//!
//! - [`patterns`]: reading a live value, the wrong way beside the right one;
//! - [`swaps`]: from content to a visible value, and back.
//!
//! This module exists only for `rustdoc`, which compiles and runs the examples. It adds nothing to a program.

#[doc = include_str!("patterns.md")]
pub mod patterns {}

#[doc = include_str!("swaps.md")]
pub mod swaps {}
