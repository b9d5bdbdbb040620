//! One file: with nothing but hints to find a change, or with nothing but questions. No service, except where a promise is
//! the service's.

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
mod versions;
mod writing;
