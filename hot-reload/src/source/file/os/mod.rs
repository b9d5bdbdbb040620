//! What the operating systems do differently: opening, naming and stamping a file.
//!
//! Every platform module has the same items, so that nothing outside this folder asks where it runs.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(not(unix))]
mod times;
#[cfg(unix)]
mod unix;

#[cfg(target_os = "linux")]
pub(crate) use self::linux::{Node, QUIET, open};
#[cfg(not(target_os = "linux"))]
pub(crate) use self::portable::{Node, QUIET, open};
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
