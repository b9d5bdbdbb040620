//! [`RestartCheck`]: finds the parts of a value that take effect after a restart of the process.

#[cfg(feature = "diff")]
pub(crate) mod required;

use crate::error::Error;

/// Decides which parts of a value need a restart.
pub(crate) trait RestartCheck<V>: Send + Sync {
    /// Why a value must not become visible in this process.
    fn admit(&self, candidate: &V) -> Result<(), Error>;

    /// A value has become visible. The first is the one that the process has started with.
    fn visible(&self, value: &V) -> Result<NeedsRestart, Error>;
}

/// What waits for a restart since a value became visible.
#[derive(Debug, Clone, Default)]
pub(crate) struct NeedsRestart {
    /// Where, as far as the status tells.
    pub(crate) paths: Vec<String>,
    /// Where and what, on one line.
    pub(crate) text: String,
    /// What was declared and is nowhere, a line each.
    pub(crate) unknown: Vec<String>,
}
