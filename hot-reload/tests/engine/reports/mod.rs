//! Status, events, log and the flight recorder.

mod flight;
mod lines;
mod replay;
mod told;
