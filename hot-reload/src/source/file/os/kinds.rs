//! The kind of a directory entry, and whether a file has writers, as the system reports them.

/// The kind of a directory entry. Links are not followed.
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
    allow(dead_code, reason = "no other system says it")
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writers {
    Nobody,
    Somebody,
    /// The kernel knows, but hides it from this user.
    Withheld,
    /// The system cannot say it, or cannot be relied on.
    Unknown,
}
