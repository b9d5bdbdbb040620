//! [`Proof`]: the kernel's answer about the writers of a file.

use std::time::Duration;

use crate::source::file::os::Writers;

/// The kernel's answer about the writers of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It says nothing.
    None,
    /// It knows, but hides it from this user.
    Withheld,
    /// No process has it open for writing.
    AtRest,
    /// A process has it open for writing. Check again after this time.
    BeingWritten { again: Duration },
    /// A process has it open for writing, or may have, but has exceeded the longest wait before.
    NeverClosed,
}

impl Proof {
    /// `again` is when to check again, or `None` for a writer that has exceeded the longest wait.
    pub(crate) fn new(writers: Writers, again: Option<Duration>) -> Self {
        match (writers, again) {
            (Writers::Nobody, _) => Self::AtRest,
            (Writers::Somebody, Some(again)) => Self::BeingWritten { again },
            (_, None) => Self::NeverClosed,
            (Writers::Withheld, _) => Self::Withheld,
            (Writers::Unknown, _) => Self::None,
        }
    }
}
