//! A small HTTP server whose whole behaviour comes from a file, and changes with it while it serves.
//!
//! Routes, headers, limits, the log filter, the certificate and the listen address stand in one TOML file. The server
//! follows the file without failing one request: it is the model of an integration of `hot_reload`, and what
//! `server-bin` runs.
//!
//! - [`ServerConfig`] is the value: loaded from the file and checked, so that whoever has one has a good one;
//! - [`Server`] follows it. Its two entrypoints are the loops that a program of your own would have;
//! - [`LogFilter`] is its key `log`, understood;
//! - [`ServerContext`] is what the program around it gives: a way to stop, a way to set the log filter.

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
