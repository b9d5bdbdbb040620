//! The engine through its public surfaces: paused time, production constants, a scripted source. And the two modules that
//! need no service: comparison of values, and the file of the last good one.
//!
//! The name of a test of a promise begins with its number.

#![allow(missing_docs, reason = "tests are named by sentences")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic, too")]

#[cfg(feature = "admin")]
mod admin;
mod admission;
#[cfg(feature = "blocking")]
mod blocking;
mod bytes;
mod closures;
mod compat;
#[cfg(all(feature = "diff", feature = "json"))]
mod diff;
mod group;
#[cfg(all(feature = "last-good", feature = "json"))]
mod last_good;
#[cfg(all(feature = "json", feature = "layers"))]
mod layers;
mod ledger;
mod lifetime;
mod loads;
mod log;
#[cfg(any(feature = "metrics", feature = "prometheus"))]
mod metrics;
mod model;
mod publishing;
mod reading;
#[cfg(all(feature = "json", feature = "toml", feature = "yaml"))]
mod redaction;
mod reports;
mod script;
#[cfg(all(feature = "systemd", target_os = "linux"))]
mod systemd;
mod targets;
mod tray;
mod watch;
