//! What the operating systems do differently: opening, naming and stamping a file.
//!
//! Every platform module has the same items, so that nothing outside this folder asks where it runs.

#[cfg(target_os = "linux")]
mod filesystem;
#[cfg(target_os = "linux")]
mod lease;
#[cfg(all(test, target_os = "linux"))]
mod lease_tests;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(not(unix))]
mod times;
#[cfg(unix)]
mod unix;

#[cfg(target_os = "linux")]
pub(crate) use self::lease::writers;
#[cfg(target_os = "linux")]
pub(crate) use self::linux::{LEASES, Node, QUIET, open};
#[cfg(not(target_os = "linux"))]
pub(crate) use self::portable::{LEASES, Node, QUIET, open, writers};
#[cfg(not(unix))]
pub(crate) use self::times::stamp;
#[cfg(unix)]
pub(crate) use self::unix::stamp;

/// What stands behind a name, links not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeKind {
    Directory,
    Link,
    File,
    Other,
}

/// Whether anybody has a file open for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writers {
    Nobody,
    Somebody,
    /// The system cannot say, or is not believed.
    Unknown,
}
