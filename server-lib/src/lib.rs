//! A small HTTP server that reloads its configuration file while it serves.
//!
//! One TOML file holds routes, headers, limits, the log filter, the certificate and the listen address. A change of the file
//! fails no request. The crate shows how to integrate `hot_reload`, and `server-bin` runs it.
//!
//! - [`ServerConfig`]: the configuration, loaded from the file and checked;
//! - [`Server`]: serves it. Its two entrypoints are the loops that a program of your own would have;
//! - [`LogFilter`]: its parsed key `log`;
//! - [`ServerContext`]: the signal to stop, and the setter of the log filter.

mod address;
mod config;
mod connection;
mod context;
mod date;
mod error;
mod expiry;
mod front;
mod limit_log;
mod listener;
mod log_filter;
mod request;
mod roster;
mod server;
mod state;

pub use self::config::{Limits, Methods, Route, ServerConfig, Tls};
pub use self::context::{ServerContext, Shutdown};
pub use self::error::ServerError;
pub use self::log_filter::LogFilter;
pub use self::server::Server;
