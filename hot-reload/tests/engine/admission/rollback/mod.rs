//! Rollbacks, their holds, and pauses.

mod back;
mod holds;
mod pauses;
mod rig;
