//! The engine through its public surfaces: paused time, production constants, a scripted source.
//!
//! Each test of a promise bears its number.

#![allow(missing_docs, reason = "tests are named by sentences")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic, too")]

mod barriers;
mod bugs;
mod bytes;
mod callbacks;
mod changes;
mod compat;
mod data;
mod doubts;
mod emptied;
mod flight;
mod freed;
mod fresh;
mod group;
mod guards;
mod hints;
mod holds;
#[cfg(feature = "last-good")]
mod kept;
mod ledger;
mod life;
mod lines;
mod links;
mod log;
mod looks;
mod many;
mod memory;
mod model;
mod options;
mod overtaken;
mod parts;
mod probation;
mod pushes;
#[cfg(all(feature = "json", feature = "toml", feature = "yaml"))]
mod redaction;
mod replay;
#[cfg(feature = "diff")]
mod restart;
mod retired;
mod rollback;
mod script;
mod stops;
mod swap;
mod told;
mod tray;
mod validators;
mod written;
