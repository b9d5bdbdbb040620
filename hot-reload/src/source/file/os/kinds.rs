//! The answers of the system about a name, and about the writers of a file.

/// The kind of what has a name, links not followed.
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
