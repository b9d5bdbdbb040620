//! What happens to files, seen with nothing but hints to find it, or with nothing but questions: real files, and no
//! service but where a promise is the service's. The numbers `t01` to `t68` are those of the scenarios.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod alone;
#[path = "../file/mod.rs"]
mod file;
#[cfg(target_os = "linux")]
#[path = "../file/namespace.rs"]
mod namespace;
mod versions;

#[cfg(target_os = "linux")]
mod bound;
#[cfg(target_os = "linux")]
mod coarse;
mod folders;
#[cfg(target_os = "linux")]
mod inodes;
#[cfg(unix)]
mod links;
mod names;
mod polling;
mod quiet;
mod refused;
mod services;
mod stamps;
mod writing;
