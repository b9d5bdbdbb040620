//! The engine through its public surfaces: paused time, production constants, a scripted source.
//!
//! Each test of a promise bears its number.

#![allow(missing_docs, reason = "tests are named by sentences")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic, too")]

mod barriers;
mod bugs;
mod callbacks;
mod changes;
mod compat;
mod data;
mod freed;
mod fresh;
mod guards;
mod hints;
#[cfg(feature = "last-good")]
mod kept;
mod life;
mod links;
mod log;
mod looks;
mod many;
mod options;
mod parts;
mod pushes;
#[cfg(feature = "diff")]
mod restart;
mod retired;
mod script;
mod stops;
mod swap;
mod told;
mod tray;
mod words;
