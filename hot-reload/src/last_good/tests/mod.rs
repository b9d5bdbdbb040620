//! What a save and a restore keep to, whatever the disk and the process do. The format has tests of its own.

#![cfg(unix)]

mod dying;
mod failing;
mod order;
mod places;
mod rig;
mod sharing;
mod sizes;
mod twin;
