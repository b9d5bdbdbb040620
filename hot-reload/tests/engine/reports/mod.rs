//! Status, events, log and the flight recorder.

mod flight;
mod lines;
mod rejections;
mod replay;
#[cfg(all(feature = "serde", feature = "json"))]
mod serialized;
mod status;
