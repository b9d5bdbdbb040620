//! [`RestartPolicy`]: what becomes of a value that takes a restart.

use std::fmt;

/// What becomes of a value in which something changed that needs a restart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RestartPolicy {
    /// It is published, and a person is told what waits for a restart. The default: whoever edits a listen address and a
    /// route in one go gets the route now.
    #[default]
    Warn,
    /// It is refused, with everything else that changed in it.
    Reject,
}

impl RestartPolicy {
    /// The word in logs and JSON.
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
