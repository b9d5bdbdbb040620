//! [`RestartCheck`]: finds the parts of a value that take effect after a restart of the process.

#[cfg(feature = "diff")]
pub(crate) mod required;

use crate::error::Error;

/// Decides which parts of a value need a restart.
pub(crate) trait RestartCheck<V>: Send + Sync {
    /// Why a value must not become visible in this process.
    fn admit(&self, candidate: &V) -> Result<(), Error>;

    /// Notes that a value is visible, and returns its pending changes. The first value is the one that the process started with.
    fn visible(&self, value: &V) -> Result<NeedsRestart, Error>;
}

/// The pending changes of a visible value that need a restart.
#[derive(Debug, Clone, Default)]
pub(crate) struct NeedsRestart {
    /// The paths of the changes, bounded as in the status.
    pub(crate) paths: Vec<String>,
    /// The changes on one line.
    pub(crate) text: String,
    /// One line for each declared path that does not exist.
    pub(crate) unknown: Vec<String>,
}
