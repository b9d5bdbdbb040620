//! [`Verdict`]: the result of a check for changes that need a restart.

use std::fmt;

use super::change::{Change, shorten_text};
use super::policy::RestartPolicy;
use crate::error::{Error, ErrorKind};

/// The most changes that `Display` writes.
const MOST: usize = 20;

/// The changes that need a restart. [`RestartRequired::check`](super::RestartRequired::check) returns it.
///
/// `Display` writes a line for each change, such as `listen: needs a restart to take effect: "0.0.0.0:80" -> "0.0.0.0:81"`.
/// A line for each declared path that neither value has follows. Of both, it writes the first twenty and the number of the
/// rest. Secrets are hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a verdict has no effect until it is used"]
pub struct Verdict {
    policy: RestartPolicy,
    changes: Vec<Change>,
    unknown: Vec<String>,
}

impl Verdict {
    pub(super) fn new(policy: RestartPolicy, changes: Vec<Change>, unknown: Vec<String>) -> Self {
        Self {
            policy,
            changes,
            unknown,
        }
    }

    /// Whether a change needs a restart.
    pub fn needs_restart(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The changes that need a restart, ordered by path.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The declared paths that neither value has, as declared, each once. They are probably typos.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The policy for the new value.
    pub fn policy(&self) -> RestartPolicy {
        self.policy
    }

    /// The result for a validator: an error if a change needs a restart and the policy is [`RestartPolicy::Reject`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`], with the changes on one line.
    pub fn into_result(self) -> Result<(), Error> {
        if self.policy == RestartPolicy::Warn || !self.needs_restart() {
            return Ok(());
        }
        // The error joins lines into one.
        let changes = lines(&self.changes, needs_restart);
        Err(Error::new(ErrorKind::Invalid, changes.join("\n")))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = lines(&self.changes, needs_restart);
        all.extend(lines(&self.unknown, |path| {
            let path = shorten_text(path);
            format!("{path}: declared as needing a restart, but not in the value: perhaps a typo")
        }));
        f.write_str(&all.join("\n"))
    }
}

fn needs_restart(change: &Change) -> String {
    let (place, what) = (change.place(), change.what());
    format!("{place}: needs a restart to take effect: {what}")
}

/// A line for each of the first items, and one with the number of the rest.
fn lines<T>(all: &[T], line: impl Fn(&T) -> String) -> Vec<String> {
    let mut lines: Vec<String> = all.iter().take(MOST).map(line).collect();
    if let more @ 1.. = all.len().saturating_sub(MOST) {
        lines.push(format!("and {more} more"));
    }
    lines
}
