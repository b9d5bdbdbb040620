//! [`Storms`]: rate-limited log lines about rejections or failures, merged into summaries.

use std::time::Duration;

use tracing::{error, warn};

use super::throttle::{Summary, Throttle};
use super::{Recorder, TARGET, stays};
use crate::error::Error;
use crate::event::Stage;

/// A throttle for each kind of bad outcome.
#[derive(Debug)]
pub(super) struct Storms {
    pub(super) rejections: Throttle<Line>,
    pub(super) failures: Throttle<Line>,
}

impl Default for Storms {
    fn default() -> Self {
        Self {
            rejections: Throttle::new(),
            failures: Throttle::new(),
        }
    }
}

/// The content of a log line about an outcome.
#[derive(Debug)]
pub(super) struct Line {
    stage: Option<Stage>,
    text: String,
}

impl Line {
    pub(super) fn rejected(stage: Stage, error: &Error) -> Self {
        Self {
            stage: Some(stage),
            text: error.to_string(),
        }
    }

    pub(super) fn failed(error: &Error) -> Self {
        Self {
            stage: None,
            text: error.to_string(),
        }
    }
}

impl<V> Recorder<V> {
    pub(super) fn storms(&mut self) -> &mut Storms {
        self.storms.get_or_insert_default()
    }

    /// When the next summary is due.
    pub(crate) fn next_tick(&self) -> Option<Duration> {
        let storms = self.storms.as_ref()?;
        let ticks = [storms.rejections.next_tick(), storms.failures.next_tick()];
        ticks.into_iter().flatten().min()
    }

    /// Logs the summaries that are due.
    pub(crate) fn attend(&mut self, now: Duration) {
        let Some(storms) = &mut self.storms else {
            return;
        };
        let (rejections, failures) = (storms.rejections.due(now), storms.failures.due(now));
        self.summarize(now, rejections, failures);
    }

    /// Logs the pending summaries at the end of the run.
    pub(crate) fn finish(&mut self, now: Duration) {
        let Some(storms) = &mut self.storms else {
            return;
        };
        let (rejections, failures) = (storms.rejections.finish(), storms.failures.finish());
        self.summarize(now, rejections, failures);
    }

    fn summarize(
        &self,
        now: Duration,
        rejections: Option<Summary<Line>>,
        failures: Option<Summary<Line>>,
    ) {
        if rejections.is_none() && failures.is_none() {
            return;
        }
        let status = self.board.status();
        let (name, source) = (status.name.clone(), status.source.clone());
        let generation = status.generation.map(|generation| generation.get());
        let last = status.last_attempt.as_ref();
        let is_good = last.is_some_and(|attempt| attempt.outcome.is_current());
        drop(status);
        let source = source.as_deref().unwrap_or_default();
        let since = match is_good {
            true => "the source is good again",
            false => stays(generation.is_some()),
        };
        if let Some(Summary {
            count,
            since: first,
            newest: Line { stage, text },
        }) = rejections
        {
            let (stage, seconds) = (stage.map(|stage| stage.as_str()), seconds(now - first));
            error!(
                target: TARGET,
                name,
                source,
                outcome = "rejected",
                stage,
                generation,
                count,
                "{count} further bad edits rejected in the last {seconds} s, {since}; the newest: {text}"
            );
        }
        if let Some(Summary {
            count,
            since: first,
            newest: Line { text, .. },
        }) = failures
        {
            let seconds = seconds(now - first);
            warn!(
                target: TARGET,
                name,
                source,
                outcome = "failed",
                generation,
                count,
                "{count} further loads failed in the last {seconds} s, {since}; the newest: {text}"
            );
        }
    }
}

/// Rounded up, and at least one: a line never says "the last 0 s".
fn seconds(elapsed: Duration) -> u64 {
    elapsed.as_millis().div_ceil(1000).max(1) as u64
}
