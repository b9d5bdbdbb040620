//! Files, directories and groups: real files, through the traits and through services. The numbers `t01` to `t68` are those
//! of the scenarios.
//!
//! Tests that count what the process holds are in `process`.

#![allow(missing_docs, reason = "tests are named by sentences")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[path = "../file/alone.rs"]
mod alone;
#[path = "../file/mod.rs"]
mod file;
#[cfg(all(feature = "diff", feature = "expand"))]
#[allow(dead_code, reason = "each program of tests uses a part of it")]
#[path = "../engine/log.rs"]
mod log;
#[path = "../file/many.rs"]
mod many;
#[cfg(target_os = "linux")]
#[path = "../file/namespace.rs"]
mod namespace;

mod dir;
mod group;
mod includes;
#[cfg(all(feature = "json", feature = "layers", feature = "yaml"))]
mod layered;
#[cfg(target_os = "linux")]
mod leases;
mod loader;
#[cfg(target_os = "linux")]
mod matrix;
#[cfg(target_os = "linux")]
mod mounts;
mod notify;
mod one;
mod open;
#[cfg(target_os = "linux")]
mod overflow;
mod planned;
#[cfg(feature = "expand")]
mod references;
mod reloader;
mod scenarios;
#[cfg(feature = "serde")]
mod section;
mod settle;
#[cfg(target_os = "linux")]
mod status;
mod tls;
mod touched;
