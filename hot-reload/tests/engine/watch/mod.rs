//! The watch of a service: opened, lost, hints and pushed values.

#[allow(
    unreachable_pub,
    reason = "the documentation shows it as a program of its own"
)]
mod connection;
mod content;
mod hints;
mod none;
mod prefix;
mod pushes;
mod reconnect;
mod shared;
