//! Several services as one group: their values become visible together, or not at all.

mod away;
mod doubts;
mod faults;
mod held;
mod life;
mod looks;
mod pools;
mod readers;
#[cfg(feature = "diff")]
mod restarts;
mod retired;
mod rig;
#[cfg(feature = "last-good")]
mod saved;
