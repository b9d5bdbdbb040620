//! When a service loads, and what it makes of the content.

mod barriers;
mod data;
pub(crate) mod emptied;
mod fresh;
mod memory;
mod options;
mod schedule;
mod written;
