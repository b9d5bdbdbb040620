//! Several services as one group: their values become visible together, or not at all.

mod looks;
mod rig;
