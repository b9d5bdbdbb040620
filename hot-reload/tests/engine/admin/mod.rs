//! The admin endpoints: over the router under paused time, and over real connections.

mod client;
mod endpoints;
#[cfg(unix)]
mod listen;
#[cfg(feature = "toml")]
mod secrets;
mod staged;
mod stream;
