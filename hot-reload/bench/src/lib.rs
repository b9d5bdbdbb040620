//! What the measurements share.

pub mod table;
