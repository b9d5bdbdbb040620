//! The times and the outcomes of loads.

mod barriers;
mod data;
pub(crate) mod emptied;
mod fresh;
mod limits;
mod memory;
mod options;
mod republish;
mod schedule;
mod settings;
mod written;
