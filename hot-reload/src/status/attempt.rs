//! [`Attempt`]: the record of one load, or of several equal ones.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use super::hold::Hold;
use super::vote::Vote;
use crate::error::Location;
use crate::event::{Causes, ChangedPaths, Outcome, Stage, Trigger};
use crate::generation::Generation;
use crate::revision::Revision;

/// The record of a load: the last one in [`Status::last_attempt`](crate::Status::last_attempt), recent ones in
/// [`Explanation::attempts`](crate::status::Explanation::attempts).
///
/// Consecutive loads with the same result share one record: nothing new, the same rejection of the same revision, the same
/// failure. Unless a field says otherwise, it describes the last of these loads. Without a
/// [flight recorder](crate::Builder::flight_recorder), each load has a record of its own.
///
/// ```
/// # fn example(control: hot_reload::Control<String>) {
/// for attempt in control.explain().attempts() {
///     println!("{}, {} times, took {:?}", attempt.outcome, attempt.times, attempt.elapsed);
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Attempt {
    /// The most important cause of the last load; [`causes`](Self::causes) has those of all loads.
    pub trigger: Trigger,
    #[cfg_attr(feature = "serde", serde(serialize_with = "causes"))]
    pub(crate) causes: Causes,
    /// Its outcome.
    #[cfg_attr(
        feature = "serde",
        serde(flatten, serialize_with = "Outcome::serialize_beside_generation")
    )]
    pub outcome: Outcome,
    /// The revision of the content that it found, if the source has revisions and could be read.
    pub revision: Option<Revision>,
    /// The generation that was visible after it.
    pub generation: Option<Generation>,
    /// The generation of its first publication, if the value is that of a rollback.
    pub origin: Option<Generation>,
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
    /// Set after the load is in the status. Boxed, because most loads change nothing.
    #[cfg_attr(feature = "serde", serde(serialize_with = "changed"))]
    pub(crate) changed: OnceLock<Box<ChangedPaths>>,
    /// When it ended, as the time since the service was created.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "since_start_ms", serialize_with = "crate::serialize::ms")
    )]
    pub since_start: Duration,
    /// When it ended.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::time"))]
    pub at: SystemTime,
    /// The number of its loads, at least one.
    pub times: u32,
    /// When the first of them ended.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::time"))]
    pub first: SystemTime,
    /// Whether the published value is not from the source, but from an earlier run or the default of a removal.
    #[cfg_attr(feature = "serde", serde(rename = "fallback"))]
    pub(crate) is_fallback: bool,
}

impl Attempt {
    /// All causes of its loads, the most important first.
    pub fn causes(&self) -> impl Iterator<Item = Trigger> {
        self.causes.by_weight()
    }

    /// What it changed, if it published a value and the service [compares](ChangedPaths) values.
    pub fn changed(&self) -> Option<&ChangedPaths> {
        self.changed.get().map(|changed| &**changed)
    }

    /// Adds what it changed.
    pub(crate) fn set_changed(&self, changed: ChangedPaths) {
        // A load publishes once.
        let _ = self.changed.set(Box::new(changed));
    }

    /// Whether it has the same result as this earlier one.
    pub(crate) fn repeats(&self, earlier: &Self) -> bool {
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
        same && !self.is_fallback
            && self.revision == earlier.revision
            && self.hold == earlier.hold
            && self.reason() == earlier.reason()
    }

    /// The message and the location of its error.
    fn reason(&self) -> Option<(&str, Option<&Location>)> {
        let error = self.outcome.error()?;
        Some((error.message(), error.location()))
    }

    /// Merges this earlier record into this one.
    pub(crate) fn absorb(&mut self, earlier: &Self) {
        self.causes = self.causes.and(earlier.causes);
        self.times = earlier.times.saturating_add(self.times);
        self.first = earlier.first;
        self.is_fallback |= earlier.is_fallback;
        if let Some(changed) = earlier.changed() {
            self.set_changed(changed.clone());
        }
    }
}

#[cfg(feature = "serde")]
fn causes<S: serde::Serializer>(causes: &Causes, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(causes.by_weight())
}

#[cfg(feature = "serde")]
fn changed<S: serde::Serializer>(
    changed: &OnceLock<Box<ChangedPaths>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&changed.get(), to)
}
