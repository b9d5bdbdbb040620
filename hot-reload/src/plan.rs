//! [`Plan`]: what a load would do.

use std::fmt;
use std::time::Duration;

use crate::error::Error;
use crate::event::{ChangedPaths, Outcome, Stage};
use crate::generation::Generation;
use crate::revision::Revision;
use crate::status::Hold;

/// What a load would do now: from [`Control::plan`](crate::Control::plan).
///
/// `Display` is a few lines for a person. The first says what would happen, and why.
///
/// ```
/// # async fn example(control: hot_reload::Control<String>) {
/// let plan = control.plan().await;
/// println!("{plan}");
/// if let Some(token) = plan.token {
///     // Publishes exactly this content, or nothing.
///     println!("{}", control.apply(&token).await);
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use = "a plan has no effect"]
pub struct Plan {
    /// The outcome that a load would have. [`Published`](Outcome::Published) has the generation that the value would have.
    #[cfg_attr(
        feature = "serde",
        serde(flatten, serialize_with = "Outcome::serialize_beside_generation")
    )]
    pub outcome: Outcome,
    /// The hold, if the outcome is [`Held`](Outcome::Held).
    pub hold: Option<Hold>,
    /// The generation of the visible value.
    pub generation: Option<Generation>,
    /// The revision of the content, if the source has revisions and could be read.
    pub revision: Option<Revision>,
    /// The paths that the value would change. `None` if it would not become visible, or if the service does not
    /// [compare](ChangedPaths) values.
    pub changed: Option<ChangedPaths>,
    /// How long it took.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "elapsed_ms", serialize_with = "crate::serialize::ms")
    )]
    pub elapsed: Duration,
    /// How long each stage took, in order. A stage that was not reached is absent.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "stages_ms", serialize_with = "crate::serialize::stages_ms")
    )]
    pub stages: Vec<(Stage, Duration)>,
    /// The token for [`Control::apply`](crate::Control::apply). It stands for the content and the visible generation, without
    /// revealing the content. `None` if the content is unknown or has no revision: then `reload` is the only way.
    pub token: Option<String>,
}

impl Plan {
    /// A plan that failed.
    pub(crate) fn failed(error: Error) -> Self {
        Self {
            outcome: Outcome::Failed { error },
            hold: None,
            generation: None,
            revision: None,
            changed: None,
            elapsed: Duration::ZERO,
            stages: Vec::new(),
            token: None,
        }
    }

    /// The reason why a load would be rejected or fail.
    pub const fn error(&self) -> Option<&Error> {
        self.outcome.error()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Published { .. } | Outcome::Rejected { .. } => {
                write!(f, "would be {}", self.outcome.without_error())?;
            }
            Outcome::Unchanged => f.write_str("would change nothing")?,
            Outcome::Failed { .. } => f.write_str("could not be planned")?,
            Outcome::Missing => f.write_str("the source has no content")?,
            Outcome::Held => f.write_str("would be held")?,
        }
        if let Some(hold) = &self.hold {
            write!(f, ": {hold}")?;
        }
        if let Some(error) = self.error() {
            write!(f, ": {error}")?;
        }
        if let Some(changed) = &self.changed {
            write!(f, "\n  changes: {changed}")?;
        }
        if let Some(token) = &self.token {
            write!(f, "\n  token: {token}")?;
        }
        Ok(())
    }
}
