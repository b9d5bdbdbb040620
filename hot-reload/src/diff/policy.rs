//! [`RestartPolicy`]: whether a value with a change that needs a restart is published or refused.

use std::fmt;

/// The policy for a new value with a change that needs a restart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RestartPolicy {
    /// The value is published, and the log names the changes that need a restart. The default: an edit of a listen address
    /// and a route applies the route at once.
    #[default]
    Warn,
    /// The value is rejected, with all its changes.
    Reject,
}

impl RestartPolicy {
    /// The word for logs and JSON, in snake_case.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Reject => "reject",
        }
    }
}

impl fmt::Display for RestartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
