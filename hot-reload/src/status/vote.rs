//! [`Vote`]: the answer of one participant.

use std::fmt;
use std::time::Duration;

use crate::error::Error;

/// The answer of one participant.
///
/// ```
/// # async fn example(control: hot_reload::Control<String>) {
/// for vote in control.reload().await.votes {
///     // `pool: ready after 2ms`
///     println!("{vote}");
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Vote {
    /// The name of the participant.
    pub participant: String,
    /// Why it refused. A participant that misses its deadline or panics has refused.
    pub refusal: Option<Error>,
    /// How long it took to answer.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "elapsed_ms", serialize_with = "crate::serialize::ms")
    )]
    pub elapsed: Duration,
    /// The error of its `commit` or `abort`.
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
