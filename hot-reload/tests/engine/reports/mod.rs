//! Status, events, log and the flight recorder.

mod flight;
mod lines;
mod rejections;
mod replay;
mod status;
