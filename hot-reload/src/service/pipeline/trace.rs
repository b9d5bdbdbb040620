//! [`LoadTrace`]: the stages and votes of one load, for its receipt.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::event::Stage;
use crate::status::Vote;

#[derive(Debug, Default)]
pub(crate) struct LoadTrace {
    pub(crate) stages: Vec<(Stage, Duration)>,
    pub(crate) votes: Vec<Vote>,
    /// Whether the load published the saved value of an earlier run.
    pub(crate) restored: bool,
    /// Whether the source exists but is empty.
    pub(crate) emptied: bool,
    /// Whether the load found content that may differ from that of the last load.
    pub(crate) fresh: bool,
    /// Whether the load had no effect: it was to apply a plan, and has found other content.
    pub(crate) aside: bool,
}

impl LoadTrace {
    /// Measures a stage. If the source has changed meanwhile and the stage runs again, the times are added.
    pub(crate) async fn time<R>(&mut self, stage: Stage, step: impl Future<Output = R>) -> R {
        let begun = Instant::now();
        let result = step.await;
        let elapsed = begun.elapsed();
        match self.stages.iter_mut().find(|(other, _)| *other == stage) {
            Some((_, sum)) => *sum += elapsed,
            None => self.stages.push((stage, elapsed)),
        }
        result
    }
}
