//! Several services as one group: their values become visible together, or not at all.

mod away;
#[cfg(feature = "diff")]
mod changed;
mod faults;
mod guards;
mod held;
mod life;
mod loads;
mod pools;
mod readers;
#[cfg(feature = "diff")]
mod restarts;
mod retired;
pub(crate) mod rig;
#[cfg(feature = "last-good")]
mod saved;
#[cfg(feature = "test-util")]
mod typed;
