//! What changed between two values: what is told, what is not, and what holds for any two values.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod paths;
mod properties;
mod restart;
mod secrets;
mod shapes;
mod told;
