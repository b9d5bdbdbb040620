//! Writes each load to the log and the events, and summarizes many bad loads.

use std::sync::Arc;
use std::time::Duration;

use tracing::{debug, error, info, trace, warn};

use super::outage::Outage;
use super::status::{Fallback, Noted, Repeated};
use super::storm::{Line, Storms};
use super::throttle::Summary;
use super::{Recorder, TARGET};
use crate::event::{EventKind, Outcome};
use crate::status::Attempt;

impl<V> Recorder<V> {
    /// Logs a load that ended at this time and is already in the status, and sends its event.
    pub(crate) fn announce(&mut self, now: Duration, attempt: &Attempt, noted: Noted) {
        let Attempt {
            trigger,
            outcome,
            elapsed,
            ..
        } = attempt;
        let Noted {
            repeated,
            waits,
            fallback,
            emptied,
            hold,
        } = noted;
        let ended = self.note_outage(now, outcome, waits);
        let generation = self.shared.status().generation;
        let generation = generation.map(|generation| generation.get());
        let shared = Arc::clone(&self.shared);
        let (name, source) = shared.names();
        let subject = shared.observers.source.as_deref().unwrap_or("the source");
        let stays = stays(generation.is_some());
        let changed = attempt.changed().map(ToString::to_string);
        macro_rules! log {
            ($level:ident, $($field:tt)*) => {
                $level!(
                    target: TARGET,
                    name,
                    source,
                    trigger = trigger.as_str(),
                    outcome = outcome.as_str(),
                    generation,
                    elapsed_ms = elapsed.as_millis() as u64,
                    changed = changed.as_deref(),
                    $($field)*
                )
            };
        }
        match (outcome, repeated) {
            (Outcome::Published { .. }, _) if self.shared.is_member() => {
                log!(info, "new value for the group");
            }
            (Outcome::Published { .. }, _) => log!(info, "published"),
            // The log line about the end of the outage reports the recovery.
            (Outcome::Unchanged, Repeated::Recovered) if ended.is_some() => {}
            (Outcome::Unchanged, Repeated::Recovered) => {
                log!(info, "source recovered; its content is the visible value");
            }
            (Outcome::Unchanged, Repeated::Released) => {
                log!(
                    info,
                    "hold ended; the content of the source is the visible value"
                );
            }
            (Outcome::Unchanged, _) => log!(trace, "unchanged"),
            (Outcome::Held, Repeated::Yes) => log!(trace, "still held"),
            (Outcome::Held, _) if waits => {
                let hold = hold.map(|hold| hold.message).unwrap_or_default();
                log!(info, hold, "the source is not ready, {stays}");
            }
            (Outcome::Held, _) => {
                let hold = hold.map(|hold| hold.message).unwrap_or_default();
                log!(warn, hold, "held, {stays}");
            }
            // A manual reload is logged in full each time.
            (Outcome::Rejected { stage, error }, Repeated::Yes) if !trigger.is_requested() => {
                log!(debug, stage = stage.as_str(), "still rejected: {error}");
            }
            (Outcome::Rejected { stage, error }, _) => {
                let text = match emptied {
                    // The error already says that the last good value stays.
                    true => error.to_string(),
                    false => format!("rejected, {stays}: {error}"),
                };
                match self
                    .storms()
                    .rejections
                    .admit(now, || Line::rejected(*stage, error))
                {
                    true => log!(error, stage = stage.as_str(), "{text}"),
                    false => log!(debug, stage = stage.as_str(), "{text}"),
                }
            }
            (Outcome::Failed { error }, Repeated::Yes) if !trigger.is_requested() => {
                log!(debug, "still failing: {error}");
            }
            (Outcome::Failed { error }, _) => {
                match self.storms().failures.admit(now, || Line::failed(error)) {
                    true => log!(warn, "the source could not be loaded, {stays}: {error}"),
                    false => log!(debug, "the source could not be loaded, {stays}: {error}"),
                }
            }
            (Outcome::Missing, _) if fallback == Fallback::Default && emptied => {
                log!(warn, "{subject}: is empty; serving the default");
            }
            (Outcome::Missing, _) if fallback == Fallback::Default => {
                log!(warn, "{subject} is gone; serving the default");
            }
            (Outcome::Missing, Repeated::Yes) if !trigger.is_requested() => {
                log!(debug, "{subject} is still gone");
            }
            (Outcome::Missing, _) => match generation {
                Some(generation) => log!(
                    warn,
                    "{subject} is gone; serving the last good value (generation {generation})"
                ),
                None => log!(warn, "{subject} is missing; there is no value yet"),
            },
        }
        if let Some(outage) = ended {
            self.outage_ended(now, &outage);
        }
        // Content that stays rejected has one event, and one for each manual reload; so has a source that is not ready.
        let is_reported_once = match outcome {
            Outcome::Rejected { .. } => true,
            Outcome::Published { .. }
            | Outcome::Unchanged
            | Outcome::Failed { .. }
            | Outcome::Missing
            | Outcome::Held => waits,
        };
        let is_known = is_reported_once && repeated == Repeated::Yes;
        if !is_known || trigger.is_requested() {
            self.shared.notify(|| EventKind::Load {
                trigger: *trigger,
                outcome: outcome.clone(),
                elapsed: *elapsed,
                stages: attempt.stages.clone(),
                changed: attempt.changed().cloned(),
            });
        }
    }

    pub(super) fn storms(&mut self) -> &mut Storms {
        self.storms.get_or_insert_default()
    }

    /// When the next summary or report of an outage is due.
    pub(crate) fn next_tick(&self) -> Option<Duration> {
        let storms = self.storms.as_ref()?;
        let outage = storms.outage.as_ref().map(Outage::next_tick);
        let ticks = [
            storms.rejections.next_tick(),
            storms.failures.next_tick(),
            outage,
        ];
        ticks.into_iter().flatten().min()
    }

    /// Logs the summaries and the report of an outage that are due.
    pub(crate) fn attend(&mut self, now: Duration) {
        let Some(storms) = &mut self.storms else {
            return;
        };
        let (rejections, failures) = (storms.rejections.due(now), storms.failures.due(now));
        self.summarize(now, rejections, failures);
        self.attend_outage(now);
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
        let status = self.shared.status();
        let generation = status.generation.map(|generation| generation.get());
        let last = status.last_attempt.as_ref();
        let is_good = last.is_some_and(|attempt| attempt.outcome.is_current());
        drop(status);
        let (name, source) = self.shared.names();
        let since = match is_good {
            true => "the source has recovered",
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

/// The part of a log line that says what stays in force.
pub(super) fn stays(has_value: bool) -> &'static str {
    match has_value {
        true => "the last good value stays",
        false => "there is no value yet",
    }
}
