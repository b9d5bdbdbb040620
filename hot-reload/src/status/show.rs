//! A [`Status`] as one line for a person.

use std::fmt;

use super::service::Status;

/// One line: the state first, then whatever a person should know or do.
///
/// ```text
/// config (app.toml): generation 12, data stale, watch trusted; rejected at stage decode: app.toml:4:8: server.port: expected u16
/// ```
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_state(f, "")?;
        for note in self.notes() {
            write!(f, "; {note}")?;
        }
        Ok(())
    }
}

impl Status {
    /// Writes the names, the states, and the last outcome if it was bad. `verified` says when the value was last verified.
    pub(crate) fn fmt_state(&self, f: &mut fmt::Formatter<'_>, verified: &str) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(source) = self.source.as_ref().filter(|source| **source != self.name) {
            write!(f, " ({source})")?;
        }
        f.write_str(if self.stopped { ": stopped, " } else { ": " })?;
        match self.generation {
            Some(generation) => write!(f, "generation {generation}")?,
            None => f.write_str("no generation")?,
        }
        write!(f, ", data {}, watch {}", self.data, self.watch)?;
        if let Some(why) = &self.watch_error {
            write!(f, " ({why})")?;
        }
        f.write_str(verified)?;
        let last = self.last_attempt.as_ref().map(|last| &last.outcome);
        if let Some(outcome) = last.filter(|outcome| !outcome.is_current()) {
            write!(f, "; {}", outcome.without_error())?;
            if let Some(error) = outcome.error() {
                write!(f, ": {error}")?;
            }
        }
        if self.on_probation.is_some() {
            f.write_str("; on probation")?;
            if self.confirm_by.is_some() {
                f.write_str(" until it is confirmed")?;
            }
        }
        Ok(())
    }

    /// The lines for a person: given up, disabled, the hold, parts that need a restart, degradations of the source.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        let given_up = self.given_up && !self.stopped;
        let given_up = given_up.then(|| {
            "given up: too many loads failed or were rejected; the service keeps retrying"
                .to_owned()
        });
        let disabled = !self.enabled && !self.stopped;
        let disabled = disabled.then(|| "disabled: only requests load the source".to_owned());
        let hold = self.hold.iter().map(ToString::to_string);
        let restart = (!self.needs_restart.is_empty())
            .then(|| format!("needs a restart: {}", self.needs_restart.join(", ")));
        let degraded = self.source_status.iter().flat_map(|of| &of.degraded);
        let degraded = degraded
            .filter(|degradation| !degradation.inherent)
            .map(|degradation| format!("the source is degraded: {degradation}"));
        let limits = given_up.into_iter().chain(disabled);
        limits.chain(hold).chain(restart).chain(degraded)
    }
}
