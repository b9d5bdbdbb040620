//! Tests of saving and restoring with failing disks, aborting processes and concurrent writers. `format_tests` tests the
//! format.

#![cfg(unix)]

mod dying;
mod failing;
mod order;
mod places;
mod rig;
mod sharing;
mod sizes;
mod twin;
