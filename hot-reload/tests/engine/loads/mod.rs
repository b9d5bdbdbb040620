//! When a service loads, and what it makes of the content.

mod barriers;
mod data;
pub(crate) mod emptied;
mod fresh;
mod looks;
mod memory;
mod options;
mod written;
