//! The admin server: the endpoints on a listener of their own.

mod address;
mod connections;
mod listener;
mod patient;
mod server;
#[cfg(test)]
mod tests;

pub(super) use self::address::Address;
pub use self::server::AdminServer;
pub(super) use self::server::serve;
