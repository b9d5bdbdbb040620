//! The admin endpoints: over the router under paused time, and over real connections.

mod client;
mod endpoints;
mod listen;
