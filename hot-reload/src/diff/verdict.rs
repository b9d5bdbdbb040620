//! [`Verdict`]: what needs a restart.

use std::fmt;

use super::change::{Change, cut_text};
use super::policy::RestartPolicy;
use crate::error::{Error, ErrorKind};

/// How many changes are shown to a person.
const MOST: usize = 20;

/// What needs a restart. From [`RestartRequired::check`](super::RestartRequired::check).
///
/// `Display` has a line for each change, `listen: needs a restart to take effect: "0.0.0.0:80" -> "0.0.0.0:81"`, and then one for
/// each declared path that is not there; of both the first twenty, and how many more there are. Secrets are not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a verdict is only what is made of it"]
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

    /// Whether something changed that needs a restart.
    pub fn needs_restart(&self) -> bool {
        !self.changes.is_empty()
    }

    /// What changed that needs a restart, ordered by path.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The declared paths that are in neither value, as they were written: probably typos, each here once.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// What is to become of the new value.
    pub fn policy(&self) -> RestartPolicy {
        self.policy
    }

    /// The answer of a validator: a refusal if something needs a restart and the policy is [`RestartPolicy::Reject`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`], with what needs a restart on one line.
    pub fn into_result(self) -> Result<(), Error> {
        if self.policy == RestartPolicy::Warn || !self.needs_restart() {
            return Ok(());
        }
        // The error makes one line of several.
        let changes = lines(&self.changes, needs_restart);
        Err(Error::new(ErrorKind::Invalid, changes.join("\n")))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = lines(&self.changes, needs_restart);
        all.extend(lines(&self.unknown, |path| {
            let path = cut_text(path);
            format!("{path}: declared as needing a restart, and not there: perhaps a typo")
        }));
        f.write_str(&all.join("\n"))
    }
}

fn needs_restart(change: &Change) -> String {
    let (place, what) = (change.place(), change.what());
    format!("{place}: needs a restart to take effect: {what}")
}

/// A line for each of the first, and one for the rest.
fn lines<T>(all: &[T], line: impl Fn(&T) -> String) -> Vec<String> {
    let mut lines: Vec<String> = all.iter().take(MOST).map(line).collect();
    if let more @ 1.. = all.len().saturating_sub(MOST) {
        lines.push(format!("and {more} more"));
    }
    lines
}
