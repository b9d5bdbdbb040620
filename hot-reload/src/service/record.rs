//! [`Recorder`]: one look, or one change of the watch, into the status, the events and the log.
//!
//! The log says a thing once: a rejection at ERROR, a failure or a lost watch at WARN, and the same again only at DEBUG;
//! the recovery at INFO; a look that found nothing new at TRACE. What a source says of itself is told in the same way, at
//! WARN when it appears and at INFO when it is gone; at DEBUG what lies in its nature.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tracing::{debug, error, info, trace, warn};

use super::board::Board;
use crate::clock::time_of_day;
use crate::error::Error;
use crate::event::{DataState, Event, LinkState, Outcome, Trigger};
use crate::panics::discard;
use crate::snapshot::{Generation, Snapshot};
use crate::status::{Attempt, Degradation, Hold, SourceStatus};

/// The target of all log lines of services.
const TARGET: &str = "hot_reload";

pub(super) struct Recorder<V>(pub(super) Arc<Board<V>>);

impl<V> Recorder<V> {
    /// A look has ended.
    pub(super) fn looked(&self, trigger: Trigger, outcome: &Outcome, elapsed: Duration) {
        let hold = self.0.gate().hold();
        let (repeated, fallback) = self.note(trigger, outcome, hold.as_ref());
        let status = self.0.status();
        let (name, source) = (status.name.clone(), status.source.clone());
        let generation = status.generation.map(|generation| generation.get());
        drop(status);
        let source = source.as_deref().unwrap_or_default();
        let stays = match generation {
            Some(_) => "the last good value stays",
            None => "there is no value yet",
        };
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
                    $($field)*
                )
            };
        }
        match (outcome, repeated) {
            (Outcome::Published { .. }, _) => log!(info, "published"),
            (Outcome::Unchanged, Repeated::Recovered) => {
                log!(info, "the source is good again, and holds what is visible");
            }
            (Outcome::Unchanged, Repeated::Released) => {
                log!(
                    info,
                    "nothing is held back any more, the source holds what is visible"
                );
            }
            (Outcome::Unchanged, _) => log!(trace, "nothing new"),
            (Outcome::Held, Repeated::Yes) => log!(trace, "still held back"),
            (Outcome::Held, _) => {
                let hold = hold.map(|hold| hold.message).unwrap_or_default();
                log!(warn, hold, "held back, {stays}");
            }
            (Outcome::Rejected { stage, error }, Repeated::Yes) => {
                log!(debug, stage = stage.as_str(), "still rejected: {error}");
            }
            (Outcome::Rejected { stage, error }, _) => {
                log!(error, stage = stage.as_str(), "rejected, {stays}: {error}");
            }
            (Outcome::Failed { error }, Repeated::Yes) => log!(debug, "still failing: {error}"),
            (Outcome::Failed { error }, _) => {
                log!(warn, "the source could not be loaded, {stays}: {error}");
            }
            (Outcome::Missing, _) if fallback => {
                log!(warn, "the source holds nothing, the default is visible now");
            }
            (Outcome::Missing, Repeated::Yes) => log!(debug, "the source still holds nothing"),
            (Outcome::Missing, _) => log!(warn, "the source holds nothing, {stays}"),
        }
        // Content that stays rejected is announced once, and to whoever asks.
        let known = matches!(outcome, Outcome::Rejected { .. }) && repeated == Repeated::Yes;
        if !known || trigger.is_personal() {
            self.0.tell(Event::Reload {
                trigger,
                outcome: outcome.clone(),
                elapsed,
            });
        }
    }

    /// An earlier value was asked for. What is known of the source stays as it is.
    pub(super) fn rolled_back(&self, outcome: &Outcome, elapsed: Duration) {
        let current = self.0.publisher.current();
        let origin = current.and_then(|current| current.origin());
        let origin = origin.map(Generation::get);
        let mut status = self.0.status();
        if let Outcome::Published { generation } = outcome {
            status.counters.published += 1;
            status.counters.rollbacks += 1;
            status.last_published = Some(time_of_day());
            status.generation = Some(*generation);
        }
        let (name, generation) = (status.name.clone(), status.generation.map(Generation::get));
        drop(status);
        match outcome {
            Outcome::Published { .. } => {
                warn!(target: TARGET, name, generation, origin, "rolled back");
            }
            Outcome::Unchanged => {
                debug!(target: TARGET, name, generation, "there is something newer already");
            }
            _ => {
                let why = outcome.error().map(ToString::to_string).unwrap_or_default();
                error!(target: TARGET, name, generation, "not rolled back: {why}");
            }
        }
        self.0.tell(Event::Reload {
            trigger: Trigger::Rollback,
            outcome: outcome.clone(),
            elapsed,
        });
    }

    /// The visible value is on probation, if it is.
    pub(super) fn on_probation(&self, generation: Option<Generation>) {
        self.0.status().on_probation = generation;
    }

    /// A value has failed its probation, and is to be taken back.
    pub(super) fn failed(&self, error: &Error) {
        let name = self.0.status().name.clone();
        error!(target: TARGET, name, "{error}");
    }

    /// A value has passed its probation.
    pub(super) fn proven<T>(&self, value: &Snapshot<T>) {
        let name = self.0.status().name.clone();
        let generation = value.generation().get();
        info!(target: TARGET, name, generation, "has passed its probation");
    }

    /// The watch is in another state than before.
    pub(super) fn link(&self, from: LinkState, to: LinkState, why: Option<&Error>) {
        self.0.flight.link(from, to, why);
        let mut status = self.0.status();
        let same =
            status.link_error.as_ref().map(ToString::to_string) == why.map(ToString::to_string);
        let was_down = status.link_error.is_some();
        status.link = to;
        status.counters.watch_losses +=
            u64::from(from.is_open() && matches!(to, LinkState::Down | LinkState::Parked));
        let told = match to {
            LinkState::Connecting => None,
            LinkState::Down | LinkState::Parked => {
                mem::replace(&mut status.link_error, why.cloned())
            }
            _ => status.link_error.take(),
        };
        let name = status.name.clone();
        drop(status);
        discard(told);
        match (to, why) {
            (LinkState::Down | LinkState::Parked, Some(why)) if same => {
                debug!(target: TARGET, name, link = to.as_str(), "the watch is still down: {why}");
            }
            (LinkState::Down | LinkState::Parked, Some(why)) => {
                warn!(target: TARGET, name, link = to.as_str(), "no watch, polling until there is one: {why}");
            }
            (LinkState::Settling, _) if was_down => {
                info!(target: TARGET, name, link = to.as_str(), "the watch stands again");
            }
            _ => debug!(target: TARGET, name, link = to.as_str(), "the watch was {from}"),
        }
        self.0.tell(Event::Link {
            from,
            to,
            error: why.cloned(),
        });
    }

    /// The heartbeat found a change that the watch had not announced.
    pub(super) fn missed(&self) {
        self.0.flight.missed();
        let mut status = self.0.status();
        status.counters.missed_events += 1;
        let (name, missed_events) = (status.name.clone(), status.counters.missed_events);
        drop(status);
        warn!(target: TARGET, name, missed_events, "the watch missed a change, it is polled until it has proven itself");
        self.0.tell(Event::Missed);
    }

    /// No look was good for longer than is allowed.
    pub(super) fn stale(&self, age: Duration) {
        let mut status = self.0.status();
        status.data = DataState::Stale;
        let (name, source) = (status.name.clone(), status.source.clone());
        let error = status.last_error.clone();
        drop(status);
        let source = source.as_deref().unwrap_or_default();
        let why = match &error {
            Some(error) => error.to_string(),
            None => "no look has ended since".to_owned(),
        };
        let age_ms = age.as_millis() as u64;
        warn!(target: TARGET, name, source, age_ms, "stale, no look was good for {age:?}: {why}");
        self.0.tell(Event::Stale { age, error });
    }

    /// A look was good, after it was told that there was none for too long.
    pub(super) fn fresh_again(&self, age: Duration) {
        let status = self.0.status();
        let (name, source) = (status.name.clone(), status.source.clone());
        drop(status);
        let source = source.as_deref().unwrap_or_default();
        let age_ms = age.as_millis() as u64;
        info!(target: TARGET, name, source, age_ms, "fresh again, after no look was good for {age:?}");
    }

    /// What the source says of itself now. Each reason is logged when it appears and when it is gone.
    pub(super) fn source(&self, now: Option<SourceStatus>) {
        fn reasons(status: Option<&SourceStatus>) -> &[Degradation] {
            status.map_or(&[], |status| &status.degraded)
        }
        let mut status = self.0.status();
        let before = mem::replace(&mut status.source_status, now);
        let (was, is) = (
            reasons(before.as_ref()),
            reasons(status.source_status.as_ref()),
        );
        if was == is {
            return;
        }
        let new = |reason: &&Degradation| !was.contains(reason);
        let appeared: Vec<_> = is.iter().filter(new).cloned().collect();
        let gone = was.iter().filter(|reason| !is.contains(reason));
        let gone: Vec<_> = gone.cloned().collect();
        let (name, source) = (status.name.clone(), status.source.clone());
        drop(status);
        let source = source.as_deref().unwrap_or_default();
        for degradation in appeared {
            let reason = degradation.reason;
            match degradation.inherent || degradation.logged {
                true => debug!(target: TARGET, name, source, reason, "the source: {degradation}"),
                false => {
                    warn!(target: TARGET, name, source, reason, "the source is degraded: {degradation}");
                }
            }
        }
        for degradation in gone {
            let Degradation {
                reason, message, ..
            } = degradation;
            match degradation.inherent || degradation.logged {
                true => debug!(target: TARGET, name, source, reason, "no longer so: {message}"),
                false => info!(target: TARGET, name, source, reason, "no longer so: {message}"),
            }
        }
    }

    /// Writes the look into the status, and says how it relates to the one before, and whether it made the default of a
    /// removal policy visible.
    fn note(&self, trigger: Trigger, outcome: &Outcome, hold: Option<&Hold>) -> (Repeated, bool) {
        let generation = self
            .0
            .publisher
            .current()
            .map(|current| current.generation());
        let now = time_of_day();
        let mut status = self.0.status();
        let before = status.last_attempt.take();
        // An error may hold what is the user's, and is not dropped while the status is locked.
        let last_error = mem::replace(&mut status.last_error, outcome.error().cloned());
        let published = status.generation != generation;
        // The default of a removal policy, or what was kept of an earlier run.
        let fallback = published && !outcome.is_current();
        let held = matches!(outcome, Outcome::Held);
        status.data = match generation {
            None => DataState::None,
            // What is visible is meant to be, and the source was looked at.
            Some(_) if held && status.data != DataState::Restored => DataState::Fresh,
            Some(_) if outcome.is_current() => DataState::Fresh,
            Some(_) if fallback || status.data == DataState::Restored => DataState::Restored,
            // With a bound it is time that makes a value stale.
            Some(_) if status.max_staleness.is_some() => status.data,
            Some(_) => DataState::Stale,
        };
        if outcome.is_current() || held {
            status.last_checked = Some(now);
        }
        let counters = &mut status.counters;
        counters.loads += 1;
        match outcome {
            Outcome::Published { .. } => {}
            Outcome::Unchanged => counters.unchanged += 1,
            Outcome::Rejected { .. } => counters.rejected += 1,
            Outcome::Failed { .. } => counters.failed += 1,
            Outcome::Missing => counters.missing += 1,
            Outcome::Held => counters.held += 1,
        }
        if published {
            status.counters.published += 1;
            status.last_published = Some(now);
            status.generation = generation;
        }
        // Here it is what was told last; whoever asks for the status is told what is so now.
        let told = mem::replace(&mut status.hold, hold.cloned());
        let kind = |hold: &Hold| (hold.reason, hold.since);
        let repeated = match Repeated::of(before.as_ref().map(|before| &before.outcome), outcome) {
            Repeated::Yes if held && told.as_ref().map(kind) != hold.map(kind) => Repeated::No,
            repeated => repeated,
        };
        status.last_attempt = Some(Attempt {
            trigger,
            outcome: outcome.clone(),
            at: now,
        });
        drop(status);
        discard((before, last_error));
        (repeated, fallback)
    }
}

/// How an outcome relates to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeated {
    /// The same has been said already.
    Yes,
    /// The one before was no good, and this one is.
    Recovered,
    /// The one before was good and held back, and this one is visible.
    Released,
    No,
}

impl Repeated {
    fn of(before: Option<&Outcome>, now: &Outcome) -> Self {
        let Some(before) = before else {
            return Self::No;
        };
        if now.is_current() {
            return match before {
                Outcome::Held => Self::Released,
                before if before.is_current() => Self::No,
                _ => Self::Recovered,
            };
        }
        let text = |outcome: &Outcome| outcome.error().map(ToString::to_string);
        if before.as_str() == now.as_str() && text(before) == text(now) {
            Self::Yes
        } else {
            Self::No
        }
    }
}
