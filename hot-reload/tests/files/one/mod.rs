//! One file, loaded after hints only or by polling only. Without a service, except for promises of the service.

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
