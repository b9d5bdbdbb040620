//! The differences between operating systems: opening, naming and stamping a file.
//!
//! Every platform module has the same items, so that no code outside this folder depends on the platform.

#[cfg(target_os = "linux")]
mod calm;
#[cfg(target_os = "linux")]
mod filesystem;
mod kinds;
#[cfg(target_os = "linux")]
mod lease;
#[cfg(all(test, target_os = "linux"))]
mod lease_tests;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod mount_table;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(target_os = "linux")]
mod statx;
mod tier;
#[cfg(not(unix))]
mod times;
#[cfg(unix)]
mod unix;

#[cfg(target_os = "linux")]
pub(crate) use self::calm::{MountWatch, is_calm, mounts_have_changed};
#[cfg(target_os = "linux")]
pub(crate) use self::filesystem::is_local;
pub(crate) use self::kinds::{NodeKind, Writers};
#[cfg(target_os = "linux")]
pub(crate) use self::lease::{writers, writers_now};
#[cfg(target_os = "linux")]
pub(crate) use self::linux::{
    CLOSES, LEASES, Node, SETTLED_AFTER, keeps_access_time, open, path_of,
};
#[cfg(target_os = "linux")]
pub(crate) use self::mount_table::MountTable;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::portable::{
    CLOSES, LEASES, MountTable, Node, SETTLED_AFTER, is_calm, is_local, keeps_access_time, open,
    path_of, stamp_at, stamp_of, writers, writers_now,
};
#[cfg(target_os = "linux")]
pub(crate) use self::statx::{stamp_at, stamp_of};
pub(crate) use self::tier::Tier;
