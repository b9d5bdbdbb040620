//! [`Receipt`]: what came of a reload, and how it came to that.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use crate::error::Error;
use crate::event::{Outcome, Stage, Trigger};
use crate::status::Hold;

/// What came of a look, and how it came to that: from [`Control::reload`](crate::Control::reload).
///
/// It dereferences to the [`Outcome`]. Printed, it is some lines for a person.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use = "a reload may have been rejected"]
pub struct Receipt {
    /// Why the look was taken.
    pub trigger: Trigger,
    /// What it led to.
    pub outcome: Outcome,
    /// What holds the value back, if the outcome is [`Held`](Outcome::Held).
    pub hold: Option<Hold>,
    /// How long it took.
    pub elapsed: Duration,
    /// How long each stage took, in the order in which they were gone through. One that was not come to is not there; decoding
    /// is part of the load.
    pub stages: Vec<(Stage, Duration)>,
    /// What the participants said, in the order in which they were named, when they were asked.
    pub votes: Vec<Vote>,
}

impl Receipt {
    /// Of a look that was not taken.
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
}

impl Deref for Receipt {
    type Target = Outcome;

    fn deref(&self) -> &Outcome {
        &self.outcome
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.outcome)?;
        match &self.outcome {
            Outcome::Published { generation } => write!(f, " as generation {generation}")?,
            Outcome::Rejected { stage, .. } => write!(f, " at stage {stage}")?,
            _ => {}
        }
        write!(f, " ({}, {:?})", self.trigger, self.elapsed)?;
        if let Some(hold) = &self.hold {
            write!(f, ": {}", hold.message)?;
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

/// What a participant answered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Vote {
    /// The name that the participant was given.
    pub participant: String,
    /// Why it refused. A participant that did not answer in time, or panicked, has refused.
    pub refusal: Option<Error>,
    /// How long it took to answer.
    pub elapsed: Duration,
    /// What went wrong when it was to commit or to abort.
    pub failure: Option<Error>,
}

impl fmt::Display for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            participant,
            elapsed,
            ..
        } = self;
        match &self.refusal {
            None => write!(f, "{participant}: ready after {elapsed:?}")?,
            Some(refusal) => write!(f, "{participant}: refused after {elapsed:?}: {refusal}")?,
        }
        match &self.failure {
            None => Ok(()),
            Some(failure) => write!(f, "; then {failure}"),
        }
    }
}
