//! What the operating systems do differently: opening, naming and stamping a file.
//!
//! Every platform module has the same items, so that nothing outside this folder asks where it runs.

#[cfg(target_os = "linux")]
mod calm;
#[cfg(target_os = "linux")]
mod filesystem;
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
#[cfg(not(unix))]
mod times;
#[cfg(unix)]
mod unix;

#[cfg(target_os = "linux")]
pub(crate) use self::calm::{MountWatch, is_calm, mounts_have_changed};
#[cfg(target_os = "linux")]
pub(crate) use self::filesystem::is_local;
#[cfg(target_os = "linux")]
pub(crate) use self::lease::{writers, writers_now};
#[cfg(target_os = "linux")]
pub(crate) use self::linux::{CLOSES, LEASES, Node, QUIET, is_quiet, open, path_of};
#[cfg(target_os = "linux")]
pub(crate) use self::mount_table::MountTable;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::portable::{
    CLOSES, LEASES, MountTable, Node, QUIET, is_calm, is_local, is_quiet, open, path_of, stamp_at,
    stamp_of, writers, writers_now,
};
#[cfg(target_os = "linux")]
pub(crate) use self::statx::{stamp_at, stamp_of};

/// What stands behind a name, links not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeKind {
    Directory,
    Link,
    File,
    Other,
}

/// Whether anybody has a file open for writing.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "no other system tells")
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writers {
    Nobody,
    Somebody,
    /// The kernel knows, but hides it from this user.
    Withheld,
    /// The system cannot say, or is not believed.
    Unknown,
}
