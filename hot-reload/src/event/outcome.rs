//! [`Outcome`]: the result of a load.

use std::fmt;

use super::words::{Stage, words};
use crate::error::Error;
use crate::generation::Generation;

/// The result of a load.
///
/// ```
/// use hot_reload::Outcome;
///
/// fn code(outcome: &Outcome) -> u16 {
///     match outcome {
///         Outcome::Published { .. } | Outcome::Unchanged => 200,
///         Outcome::Rejected { .. } => 422,
///         Outcome::Held => 202,
///         _ => 503,
///     }
/// }
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "outcome", rename_all = "snake_case")
)]
#[non_exhaustive]
#[must_use = "a reload may have been rejected"]
pub enum Outcome {
    /// A new value is visible.
    Published {
        /// Its generation.
        generation: Generation,
    },
    /// The source contains the visible value. This is a success.
    Unchanged,
    /// The content was rejected. The last good value stays.
    Rejected {
        /// The stage that rejected it.
        stage: Stage,
        /// The reason.
        error: Error,
    },
    /// The source could not be loaded. The last good value stays.
    Failed {
        /// The reason.
        error: Error,
    },
    /// The source has no content, and the removal policy was applied.
    Missing,
    /// The content is good, but a [`Hold`](crate::status::Hold) keeps it from being published. The hold names the reason and what
    /// ends it.
    Held,
}

words!(Outcome {
    Self::Published { .. } => "published",
    Self::Unchanged => "unchanged",
    Self::Rejected { .. } => "rejected",
    Self::Failed { .. } => "failed",
    Self::Missing => "missing",
    Self::Held => "held",
});

impl Outcome {
    /// Whether the visible value is now that of the source or, for a rollback, the earlier value.
    pub const fn is_current(&self) -> bool {
        match self {
            Self::Published { .. } | Self::Unchanged => true,
            Self::Rejected { .. } | Self::Failed { .. } | Self::Missing | Self::Held => false,
        }
    }

    /// Whether this load made a value visible.
    pub(crate) const fn is_published(&self) -> bool {
        match self {
            Self::Published { .. } => true,
            Self::Unchanged
            | Self::Rejected { .. }
            | Self::Failed { .. }
            | Self::Missing
            | Self::Held => false,
        }
    }

    /// Whether the content is good, and is not published.
    pub(crate) const fn is_held(&self) -> bool {
        match self {
            Self::Held => true,
            Self::Published { .. }
            | Self::Unchanged
            | Self::Rejected { .. }
            | Self::Failed { .. }
            | Self::Missing => false,
        }
    }

    /// The error of a rejected or failed load.
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Rejected { error, .. } | Self::Failed { error } => Some(error),
            Self::Published { .. } | Self::Unchanged | Self::Missing | Self::Held => None,
        }
    }

    /// Serializes it beside the field `generation`, which is the generation of a published value already.
    #[cfg(feature = "serde")]
    pub(crate) fn serialize_beside_generation<S: serde::Serializer>(
        &self,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match self {
            Self::Published { .. } => to.collect_map([("outcome", self.as_str())]),
            Self::Unchanged
            | Self::Rejected { .. }
            | Self::Failed { .. }
            | Self::Missing
            | Self::Held => serde::Serialize::serialize(self, to),
        }
    }

    /// The outcome as a phrase, without its error: `published as generation 3`, `rejected at stage decode`.
    pub(crate) fn without_error(&self) -> impl fmt::Display {
        WithoutError(self)
    }

    /// Whether both outcomes have the same text, ignoring the generation. Errors about different revisions differ, even if
    /// their texts are equal.
    pub(crate) fn is_same_report(&self, other: &Self) -> bool {
        let errors = match (self.error(), other.error()) {
            (Some(error), Some(other)) => error.is_same_report(other),
            (error, other) => error.is_none() && other.is_none(),
        };
        self.as_str() == other.as_str() && errors
    }
}

struct WithoutError<'o>(&'o Outcome);

impl fmt::Display for WithoutError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        match self.0 {
            Outcome::Published { generation } => write!(f, " as generation {generation}"),
            Outcome::Rejected { stage, .. } => write!(f, " at stage {stage}"),
            Outcome::Unchanged | Outcome::Failed { .. } | Outcome::Missing | Outcome::Held => {
                Ok(())
            }
        }
    }
}
