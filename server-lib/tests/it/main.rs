//! The server from its clients' view: real connections on loopback, and a real file that changes.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod certificate_errors;
mod edits;
mod entrypoints;
mod errors;
mod http;
mod limits;
mod listener;
#[cfg(unix)]
mod many;
mod routes;
mod support;
mod tls;
