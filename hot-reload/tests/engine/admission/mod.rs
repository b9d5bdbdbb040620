//! What holds a value back, and what brings an earlier one back.

mod guards;
mod holds;
mod probation;
mod rollback;
