//! [`Cycle`]: one entry of the flight recorder, for one load or for several equal ones.

use std::time::{Duration, SystemTime};

use super::super::machine::Causes;
use crate::error::Location;
use crate::event::{Outcome, Stage, Trigger};
use crate::receipt::Vote;
use crate::revision::Revision;
use crate::snapshot::Generation;
use crate::status::Hold;

/// A load that was taken, from [`Explanation::cycles`](crate::Explanation::cycles).
///
/// Loads that follow each other and found the same are one cycle: nothing new, the same refusal of the same revision, the same
/// failure. What is said of it is said of the last of them, where nothing else is said.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Cycle {
    /// The weightiest cause of the last of its loads; [`causes`](Self::causes) has those of all.
    pub trigger: Trigger,
    pub(super) causes: Causes,
    /// What it led to.
    pub outcome: Outcome,
    /// The state that it saw the source in, if the source has revisions and could be read.
    pub revision: Option<Revision>,
    /// The number of the value that was visible after it.
    pub generation: Option<Generation>,
    /// The number that this value had before, if it was brought back.
    pub origin: Option<Generation>,
    /// What held a value back, if the outcome is [`Held`](Outcome::Held).
    pub hold: Option<Hold>,
    /// How long it took.
    pub elapsed: Duration,
    /// How long each stage took, in the order in which they were gone through. One that was not come to is not there; decoding
    /// is part of the load.
    pub stages: Vec<(Stage, Duration)>,
    /// What the participants said, in the order in which they were named, when they were asked.
    pub votes: Vec<Vote>,
    /// The time from when the service was made until it ended.
    pub since_start: Duration,
    /// When it ended.
    pub at: SystemTime,
    /// The number of loads that it stands for, at least one.
    pub times: u32,
    /// When the first of them ended.
    pub first: SystemTime,
    /// Whether another value than the source's has become visible: an earlier run's, or the default of a removal.
    pub(super) stands_in: bool,
}

impl Cycle {
    /// Everything that asked for it, or for one of them if it stands for several; the weightiest first.
    pub fn causes(&self) -> impl Iterator<Item = Trigger> {
        self.causes.by_weight()
    }

    /// Whether it says nothing that this earlier one has not said.
    pub(super) fn repeats(&self, earlier: &Self) -> bool {
        let same = match (&self.outcome, &earlier.outcome) {
            (Outcome::Unchanged, Outcome::Unchanged)
            | (Outcome::Missing, Outcome::Missing)
            | (Outcome::Held, Outcome::Held) => true,
            (Outcome::Rejected { stage, .. }, Outcome::Rejected { stage: other, .. }) => {
                stage == other
            }
            (Outcome::Failed { .. }, Outcome::Failed { .. }) => true,
            _ => false,
        };
        same && !self.stands_in
            && self.revision == earlier.revision
            && self.hold == earlier.hold
            && self.reason() == earlier.reason()
    }

    /// What its error says.
    fn reason(&self) -> Option<(&str, Option<&Location>)> {
        let error = self.outcome.error()?;
        Some((error.message(), error.location()))
    }

    /// Stands for this earlier one from now on, too.
    pub(super) fn absorb(&mut self, earlier: &Self) {
        self.causes = self.causes.and(earlier.causes);
        self.times = earlier.times.saturating_add(self.times);
        self.first = earlier.first;
        self.stands_in |= earlier.stands_in;
    }
}
