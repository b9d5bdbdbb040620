//! Policies of a service: probation, retirement, removal, restarts and saved values.

pub(crate) mod keeper;
#[cfg(feature = "last-good")]
mod last_good;
pub(crate) mod probation;
pub(crate) mod removal;
pub(crate) mod restart;
pub(crate) mod retire;
