//! [`FileEvents`]: the backends that a source can choose from.

/// Where the events of files come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FileEvents {
    /// The best that the system has: inotify on Linux, the crate `notify` elsewhere.
    #[default]
    Native,
    /// The crate `notify`, also on Linux. It watches directories only, so changes through another hard link and of
    /// bind-mounted files are found by the heartbeat.
    #[cfg(feature = "notify")]
    Notify,
}
