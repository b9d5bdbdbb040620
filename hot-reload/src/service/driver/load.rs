//! The loads of a [`Task`]: begin one, conclude it in the status, then announce it.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::engine::Engine;
use super::planning::Applied;
use super::task::Task;
use super::watch::regime;
use crate::event::{Outcome, Stage, Trigger};
use crate::panics::discard;
use crate::receipt::Receipt;
use crate::service::boundary::contained;
use crate::service::feed::{Feed, LoadRequest};
use crate::service::machine::{Input, Load, LoadFrom, Verdict};
use crate::service::pipeline::trace::LoadTrace;
use crate::service::record::Noted;
use crate::service::shared::request::{PendingRequest, PlanRequest, Rollback};
use crate::snapshot::EngineShare;
use crate::status::Attempt;

/// A load that has ended, and is not in the status yet.
pub(super) struct Ended<V> {
    load: Load,
    /// `None` if a second load must confirm that the source has no content.
    outcome: Option<Outcome>,
    trace: LoadTrace,
    elapsed: Duration,
    before: Option<EngineShare<V>>,
    /// The caller who applies a plan by this load.
    applies: Option<oneshot::Sender<Receipt>>,
}

/// A load that is in the status and not announced yet.
pub(super) struct Concluded<V> {
    verdict: Verdict,
    /// `None` if a second load must confirm that the source has no content, or if the load had no effect.
    announcement: Option<Announcement<V>>,
}

struct Announcement<V> {
    attempt: Arc<Attempt>,
    /// `None` of a rollback.
    noted: Option<Noted>,
    serving: Vec<oneshot::Sender<Receipt>>,
    /// The value that was visible when the load began, if it is compared with the published one.
    before: Option<EngineShare<V>>,
}

impl<V> Concluded<V> {
    /// Whether woken subscribers run before replaced values are reclaimed, which interrupts every processor that this
    /// process runs on. If a caller waits for the receipt, reclaiming comes first, so that the caller finds everything done.
    pub(super) fn lets_subscribers_run(&self) -> bool {
        self.announcement.as_ref().is_some_and(|announcement| {
            announcement.serving.is_empty() && announcement.attempt.outcome.is_published()
        })
    }
}

impl<'e, V> Task<'e, V> {
    /// Begins a load; the future runs it. `None` if it had no effect.
    pub(super) fn begin<F: Feed<V>>(
        &mut self,
        feed: &'e F,
        mut load: Load,
    ) -> impl Future<Output = Option<Ended<V>>> + use<'e, V, F> {
        let clock = self.clock;
        let begun = clock.now();
        let engine = self.engine;
        let Engine {
            pipeline,
            shared,
            changes,
            ..
        } = engine;
        // Only this load can replace the value that is visible now.
        let visible = changes.as_ref().and_then(|_| shared.publisher.current());
        let before = visible.map(|visible| EngineShare::of(&visible));
        let mut pushed = None;
        let mut rollback = None;
        let mut plan = None;
        let mut pending = PendingRequest::default();
        match load.from {
            LoadFrom::Source => {
                let (waiting, requests) = shared.inbox.serve();
                self.serving.extend(waiting);
                self.pending = requests;
                pending = requests;
                // A person may have requested a load when the machine had another reason for one already.
                let in_person = pending.why.filter(|why| why.is_requested());
                if !load.trigger.is_requested() && load.trigger != Trigger::Startup {
                    load.trigger = in_person.unwrap_or(load.trigger);
                }
            }
            LoadFrom::Watch => pushed = self.pushed.take(),
            LoadFrom::History => {
                if let Some(Rollback { to, answer }) = self.rollbacks.pop_front() {
                    self.serving_rollback = answer;
                    rollback = Some(to);
                }
            }
            LoadFrom::Plan => {
                self.plans.retain(|plan| !plan.is_abandoned());
                plan = self.plans.pop_front();
                load.trigger = plan.as_ref().map_or(load.trigger, PlanRequest::trigger);
            }
        }
        let request = LoadRequest {
            // A caller waits for the present content, so the load is a resync, even if a hint or a retry caused it.
            trigger: match pending.why {
                Some(_) if !load.trigger.is_requested() => Trigger::Resync,
                _ => load.trigger,
            },
            resume: pending.resume,
            republish: pending.republish,
            planned: None,
        };
        async move {
            let mut applies = None;
            let (outcome, trace) = match (rollback, plan) {
                (Some(to), _) => {
                    let (outcome, trace) = pipeline.roll_back(to).await;
                    (Some(outcome), trace)
                }
                (None, Some(plan)) => {
                    // Boxed, because most services never make a plan.
                    let served = Box::pin(engine.serve_plan(feed, clock, plan));
                    let Applied {
                        outcome,
                        trace,
                        answer,
                    } = served.await?;
                    applies = Some(answer);
                    (Some(outcome), trace)
                }
                // The caller has left.
                (None, None) if load.from == LoadFrom::Plan => return None,
                (None, None) => pipeline.load(feed, load, request, pushed).await,
            };
            Some(Ended {
                load,
                outcome,
                trace,
                elapsed: clock.now() - begun,
                before,
                applies,
            })
        }
    }

    /// Writes a load into the status and the flight recorder, and begins probation and saving of a new value. All of that is
    /// done before anybody is notified.
    pub(super) fn conclude<F: Feed<V>>(
        &mut self,
        feed: &F,
        ended: Option<Ended<V>>,
    ) -> Concluded<V> {
        let Some(ended) = ended else {
            return Concluded {
                verdict: Verdict::Aside,
                announcement: None,
            };
        };
        let Ended {
            load,
            outcome,
            trace,
            elapsed,
            before,
            applies,
        } = ended;
        let shared = &self.engine.shared;
        shared.note_inner_hold(feed.hold());
        self.update_source_status(feed);
        if let Some(restart_pending) = &mut self.restart_pending {
            restart_pending.load_ended(shared);
        }
        let is_rollback = load.from == LoadFrom::History;
        let (mut serving, pending) = match is_rollback {
            true => (
                self.serving_rollback.take().into_iter().collect(),
                PendingRequest::default(),
            ),
            false => (mem::take(&mut self.serving), mem::take(&mut self.pending)),
        };
        serving.extend(applies);
        let Some(outcome) = outcome else {
            shared.flight.absent();
            shared.inbox.postpone(serving, pending);
            self.settle(load, Verdict::Absent, false);
            return Concluded {
                verdict: Verdict::Absent,
                announcement: None,
            };
        };
        let present = shared.hold();
        let hold = present.clone();
        let hold = hold.filter(|_| !is_rollback && outcome.is_held());
        let attempt = self.record_flight(load, &outcome, hold, &trace, elapsed);
        let noted = match is_rollback {
            true => {
                self.recorder.note_rollback(&outcome);
                None
            }
            false => Some(self.recorder.note(&attempt, present, &trace)),
        };
        let verdict = self.verdict(load, &outcome);
        self.settle(load, verdict, outcome.is_published());
        Concluded {
            verdict,
            announcement: Some(Announcement {
                attempt,
                noted,
                serving,
                before,
            }),
        }
    }

    /// Notifies subscribers and compares the values. Then writes the log and sends the events. Then notifies the group and sends
    /// the receipts.
    pub(super) fn announce(&mut self, concluded: Concluded<V>) -> Input {
        let input = Input::Loaded(concluded.verdict);
        let shared = &self.engine.shared;
        let Some(announcement) = concluded.announcement else {
            shared.observers.deliver();
            return input;
        };
        let Announcement {
            attempt,
            noted,
            serving,
            before,
        } = announcement;
        // A waker may panic; the value stays visible.
        let _ = contained(Stage::Commit, || shared.publisher.notify_few());
        if let Some((changes, before)) = self.engine.changes.as_ref().zip(before) {
            self.housekeeping.notify(&shared.publisher);
            if let Some(changed) = changes.since(before.snapshot(), shared) {
                attempt.set_changed(changed);
            }
            discard(before);
        }
        // The changes of the status of the source.
        shared.observers.deliver();
        match noted {
            None => self.recorder.rolled_back(&attempt),
            Some(noted) => self.recorder.announce(self.clock.now(), &attempt, noted),
        }
        self.announce_probation(&attempt.outcome);
        if let Some(attempts) = self.tuner.as_mut().and_then(|tuner| tuner.report()) {
            self.recorder.gave_up(attempts);
        }
        shared.notify_group();
        for caller in serving {
            // An error means that the caller has left.
            let _ = caller.send(Receipt {
                trigger: attempt.trigger,
                outcome: attempt.outcome.clone(),
                hold: attempt.hold.clone(),
                elapsed: attempt.elapsed,
                stages: attempt.stages.clone(),
                votes: attempt.votes.clone(),
            });
        }
        input
    }

    /// Updates freshness, probation and saving after a load.
    fn settle(&mut self, load: Load, verdict: Verdict, is_published: bool) {
        let shared = &self.engine.shared;
        let data = shared.status().data;
        // A load that finds the source not ready counts neither as good nor as failed.
        if !shared.gate().is_source_waiting() {
            let now = self.clock.now();
            let freshness = self.freshness.as_mut();
            let stale = freshness.and_then(|freshness| freshness.load_ended(now, verdict, data));
            if let Some(age) = stale {
                self.recorder.fresh_again(age);
            }
        }
        // A refused rollback is tried again after the next load of the source, and not at once for ever.
        if (is_published || load.from != LoadFrom::History)
            && let Some(visible) = shared.publisher.current()
            && self
                .probation
                .as_mut()
                .is_none_or(|probation| probation.visible(&visible, is_published))
            && is_published
            && let Some(saver) = &mut self.saver
        {
            saver.published(visible);
        }
        self.note_probation();
        self.tune(verdict);
    }

    /// The outcome as the machine needs it, for the time of the next load.
    fn verdict(&self, load: Load, outcome: &Outcome) -> Verdict {
        match outcome {
            _ if load.from == LoadFrom::History => Verdict::Aside,
            Outcome::Published { .. } => Verdict::Published,
            Outcome::Unchanged => Verdict::Unchanged,
            Outcome::Held => Verdict::held(self.engine.shared.gate().patience()),
            Outcome::Rejected { .. } => Verdict::Rejected,
            Outcome::Failed { error } => Verdict::Failed(regime(error)),
            Outcome::Missing => Verdict::Missing,
        }
    }
}
