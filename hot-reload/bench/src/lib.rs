//! The shared parts of the measurements of files, reads and instructions.

pub mod reads;
pub mod table;
pub mod values;
