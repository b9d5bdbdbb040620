//! The server as its clients see it: real connections on loopback, a real file that changes.

mod edits;
mod errors;
mod limits;
mod listener;
mod routes;
mod support;
mod tls;
