//! [`Receipt`]: the answer to a reload.

use std::fmt;
use std::time::Duration;

use crate::error::Error;
use crate::event::{Outcome, Stage, Trigger};
use crate::status::{Hold, Vote};

/// The answer to a reload or a rollback: its outcome and the course of its stages. From
/// [`Control::reload`](crate::Control::reload).
///
/// `Display` is a few lines for a person. The first has the outcome and the error.
///
/// ```
/// # async fn example(control: hot_reload::Control<String>) {
/// let receipt = control.reload().await;
/// println!("{receipt}");
/// if let Some(error) = receipt.error() {
///     eprintln!("the last good value stays: {error}");
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use = "a reload may have been rejected"]
pub struct Receipt {
    /// The cause of the load.
    pub trigger: Trigger,
    /// The outcome.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub outcome: Outcome,
    /// The hold, if the outcome is [`Held`](Outcome::Held).
    pub hold: Option<Hold>,
    /// How long it took.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "elapsed_ms", serialize_with = "crate::serialize::ms")
    )]
    pub elapsed: Duration,
    /// How long each stage took, in order. A stage that was not reached is absent. The stage [`Load`](Stage::Load) includes
    /// decoding.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "stages_ms", serialize_with = "crate::serialize::stages_ms")
    )]
    pub stages: Vec<(Stage, Duration)>,
    /// The votes of the participants, in the order in which they were added. Empty if they were not asked.
    pub votes: Vec<Vote>,
}

impl Receipt {
    /// The receipt of a load that did not take place.
    pub(crate) fn untaken(trigger: Trigger, outcome: Outcome) -> Self {
        Self {
            trigger,
            outcome,
            hold: None,
            elapsed: Duration::ZERO,
            stages: Vec::new(),
            votes: Vec::new(),
        }
    }

    /// Whether the visible value is now the requested one: [`Outcome::is_current`].
    pub const fn is_current(&self) -> bool {
        self.outcome.is_current()
    }

    /// The error of a rejected or failed load.
    pub const fn error(&self) -> Option<&Error> {
        self.outcome.error()
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome.without_error();
        write!(f, "{outcome} ({}, {:?})", self.trigger, self.elapsed)?;
        if let Some(hold) = &self.hold {
            write!(f, ": {hold}")?;
        }
        if let Some(error) = self.outcome.error() {
            write!(f, ": {error}")?;
        }
        for vote in &self.votes {
            write!(f, "\n  {vote}")?;
        }
        for (stage, elapsed) in &self.stages {
            write!(f, "\n  {stage}: {elapsed:?}")?;
        }
        Ok(())
    }
}
