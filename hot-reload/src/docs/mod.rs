//! Guides to the use of the crate.
//!
//! - [`patterns`]: how to read a live value, with a wrong and a right example for each case;
//! - [`runtimes`]: which runtime a service runs in, and programs without one;
//! - [`swaps`]: the stages from loaded content to a visible value, and rollback;
//! - [`writing_a_source`]: a source of bytes, from a polled one to many keys over one connection.
//!
//! This module exists only for `rustdoc`, which compiles and runs the examples. It adds nothing to a program.

#[doc = include_str!("patterns.md")]
pub mod patterns {}

#[doc = include_str!("runtimes.md")]
pub mod runtimes {}

#[doc = include_str!("swaps.md")]
pub mod swaps {}

#[doc = include_str!("writing_a_source.md")]
///
/// ```
#[doc = include_str!("../../tests/engine/watch/connection.rs")]
/// ```
pub mod writing_a_source {}
