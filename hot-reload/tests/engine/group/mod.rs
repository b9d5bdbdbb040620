//! Several services as one group: their values become visible together, or not at all.

mod away;
mod faults;
mod looks;
mod pools;
mod rig;
