//! A [`KeyExplanation`] as a few lines for a person.

use std::fmt;

use super::KeyExplanation;
use super::answer::KeyAnswer;

/// The effective value, then one line for each layer that has the key, the last layer first.
///
/// ```text
/// server.port is 8080 in generation 7, from APP_*, since generation 5 (before: 80)
///   APP_*: 8080 (APP_SERVER__PORT), which wins
///   app.toml: 80 (app.toml:3:8)
///   defaults: 8000
/// ```
impl fmt::Display for KeyExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path, generation, ..
        } = self;
        match &self.value {
            Some(value) => write!(f, "{path} is {value} in generation {generation}")?,
            None => write!(f, "{path} has no value in generation {generation}")?,
        }
        let winners = self.answers.iter().filter(|answer| answer.wins);
        let winners: Vec<_> = winners.map(|answer| &*answer.layer).collect();
        if !winners.is_empty() {
            write!(f, ", from {}", winners.join(" and "))?;
        }
        if self.since != self.generation {
            write!(f, ", since generation {}", self.since)?;
        }
        if let Some(before) = &self.before {
            write!(f, " (before: {before})")?;
        }
        for answer in &self.answers {
            write!(f, "\n  {answer}")?;
        }
        Ok(())
    }
}

/// `app.toml: 80 (app.toml:3:8), which wins`
impl fmt::Display for KeyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.layer, self.value)?;
        if self.place != self.layer {
            write!(f, " ({})", self.place)?;
        }
        f.write_str(if self.wins { ", which wins" } else { "" })
    }
}

impl fmt::Debug for super::Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explain").finish_non_exhaustive()
    }
}
