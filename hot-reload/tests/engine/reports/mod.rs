//! Status, events, log and the flight recorder.

mod accounts;
mod flight;
mod lines;
mod outages;
mod rejections;
#[cfg(all(feature = "serde", feature = "json"))]
mod serialized;
mod status;
mod unready;
