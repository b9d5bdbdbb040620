//! A small HTTP server that reloads its configuration file while it serves.
//!
//! One TOML file holds routes, headers, limits, the log filter, the certificate and the listen address. A change of the file
//! fails no request. The crate shows how to integrate `hot_reload`, and `server-bin` runs it.
//!
//! - [`ServerConfig`]: the configuration, loaded from the file and checked;
//! - [`Server`]: serves it. It has an entrypoint on the full surface of `hot_reload`, and two on the compatible surface;
//! - [`LogFilter`]: its parsed key `log`;
//! - [`ServerContext`]: the signal to stop, the registry of the server's services, and its callbacks.
//!
//! # Example
//!
//! ```no_run
//! use server_lib::{Server, ServerConfig, ServerContext, Shutdown};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let config = ServerConfig::builder("config.toml").await?.hybrid();
//! Server::run(config, ServerContext::new(Shutdown::new())).await?;
//! # Ok(())
//! # }
//! ```

mod address;
mod config;
mod connection;
mod connection_limit;
mod context;
mod date;
mod error;
mod event_loop;
mod expiry;
mod front;
mod limit_log;
mod listener;
mod log_filter;
mod request;
mod server;
mod service;
mod state;

pub use self::config::{Limits, Methods, Route, ServerConfig, Tls};
pub use self::context::{ServerContext, Shutdown};
pub use self::error::ServerError;
pub use self::log_filter::LogFilter;
pub use self::server::Server;
pub use self::service::ConfigBuilder;
