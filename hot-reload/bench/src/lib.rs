//! What the measurements of files, of reads and of instructions share.

pub mod reads;
pub mod table;
pub mod values;
