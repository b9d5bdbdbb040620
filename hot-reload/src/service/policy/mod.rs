//! Policies beside the pipeline: what becomes of values that are on probation, replaced, removed or kept.

pub(crate) mod keeper;
#[cfg(feature = "last-good")]
mod last_good;
pub(crate) mod probation;
pub(crate) mod removal;
pub(crate) mod restart;
pub(crate) mod retire;
