//! Earlier values, brought back and held against the source; and the pause.

mod back;
mod holds;
mod pauses;
mod rig;
