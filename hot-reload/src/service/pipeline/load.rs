//! One load: fetch, compare, validate, prepare, publish, commit, with early returns.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::warn;

use super::Pipeline;
use super::candidate::{Candidate, Pushed, Remains, Sameness};
use super::prepare::Ending;
use super::state::Rejected;
use super::trace::LoadTrace;
use super::validate::validate;
use crate::clock::time_of_day;
use crate::error::Error;
use crate::event::{Outcome, Stage, Trigger};
use crate::panics::{discard, panicked};
use crate::reload::Loaded;
use crate::revision::Revision;
use crate::service::boundary::contained;
use crate::service::feed::{Feed, LoadRequest};
use crate::service::machine::Load;
use crate::service::settings::RECHECKS;

impl<V> Pipeline<V> {
    /// Runs one load. Returns `None` if the source has no content and a second load must confirm that.
    pub(crate) async fn load<F: Feed<V>>(
        &self,
        feed: &F,
        load: Load,
        request: LoadRequest,
        pushed: Option<Pushed<V>>,
    ) -> (Option<Outcome>, LoadTrace) {
        let mut trace = LoadTrace::default();
        // Each step has its own panic boundary with its stage. This one is for drops between the steps.
        let attempt = self.attempt(feed, load, request, pushed, &mut trace);
        let outcome = match AssertUnwindSafe(attempt).catch_unwind().await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(outcome)) => Some(outcome),
            Err(panic) => Some(Outcome::Rejected {
                stage: Stage::Commit,
                error: panicked(Stage::Commit, panic.as_ref()),
            }),
        };
        if !trace.aside
            && outcome
                .as_ref()
                .is_some_and(|outcome| !outcome.is_current())
        {
            let restored = AssertUnwindSafe(self.restore(&mut trace)).catch_unwind();
            let restored = restored
                .await
                .unwrap_or_else(|panic| Err(panicked(Stage::Commit, panic.as_ref())));
            if let Err(error) = restored {
                let name = &*self.shared.observers.target;
                warn!(target: "hot_reload", name, "the last good value is not restored: {error}");
            }
        }
        (outcome, trace)
    }

    async fn attempt<F: Feed<V>>(
        &self,
        feed: &F,
        load: Load,
        request: LoadRequest,
        pushed: Option<Pushed<V>>,
        trace: &mut LoadTrace,
    ) -> Result<Option<Outcome>, Outcome> {
        if pushed.is_some() {
            // The watch has delivered the present content, so the load waits for nothing.
            self.shared.gate().source_waits(None);
        }
        let mut loaded = match pushed {
            None => {
                let loaded = trace.time(Stage::Load, self.fetch(feed, request)).await;
                loaded.map_err(|refusal| refusal.note(trace))?
            }
            Some(Pushed::Content(content)) => {
                let loaded = self.delivered(feed, *content, request);
                let loaded = trace.time(Stage::Load, loaded).await;
                loaded.map_err(|refusal| refusal.note(trace))?
            }
            Some(Pushed::Value(value)) => Loaded::Value {
                value,
                revision: None,
            },
            Some(Pushed::Removed) => return Ok(Some(self.publish_none())),
        };
        let mut rechecks = RECHECKS;
        loop {
            let is_blank = matches!(loaded, Loaded::Emptied { file: None, .. });
            let (value, revision) = match loaded {
                Loaded::Value { value, revision } => (value, revision),
                Loaded::Unchanged => return self.unchanged(feed).map(Some),
                Loaded::Emptied {
                    value,
                    revision,
                    file,
                } => match self
                    .emptied(load, value, revision, file, request, trace)
                    .await?
                {
                    Remains::Content(value, revision) => (value, revision),
                    Remains::Unconfirmed => return Ok(None),
                    Remains::Ended(outcome) => return Ok(Some(outcome)),
                },
                Loaded::Missing if self.must_confirm(load) => return Ok(None),
                Loaded::Missing => {
                    let removed = self.removed(load.trigger, request, trace).await;
                    return removed.map(Some);
                }
                // The state of the content is unknown, so nothing else changes.
                Loaded::Held { .. } => return Ok(Some(Outcome::Held)),
            };
            // A revision counts as seen once its outcome is known. After a panic, it is loaded again.
            self.state().seen = None;
            trace.fresh = true;
            if !request.republish && self.is_visible(&value, revision.as_ref())? {
                self.good(revision, !is_blank);
                discard(value);
                return Ok(Some(current(feed)));
            }
            if let Some(outcome) = self.is_rolled_back(&value, revision.as_ref(), load.trigger)? {
                discard(value);
                self.shared.gate().clear_admission_hold();
                return self.note_held(revision, outcome).map(Some);
            }
            let loaded_at = time_of_day();
            let validated = validate(self.validators.as_deref(), &value);
            if let Err(error) = trace.time(Stage::Validate, validated).await {
                return Err(self.reject(Stage::Validate, error, revision));
            }
            if self.shared.gate().is_paused() {
                discard(value);
                return self.note_held(revision, Outcome::Held).map(Some);
            }
            // After a `resume`, nothing is held.
            if !request.resume
                && let Some(outcome) = self.must_wait(&value, revision.as_ref())?
            {
                discard(value);
                return self.note_held(revision, outcome).map(Some);
            }
            let swap = match self.prepare(&value, trace).await {
                Ok(swap) => swap,
                Err(error) => {
                    return Err(self.reject(Stage::Prepare, error, revision));
                }
            };
            if rechecks > 0
                && self.takes_time()
                && let Some(newer) = self.overtaken(feed, revision.as_ref()).await
            {
                rechecks -= 1;
                trace.votes = swap.end(Ending::Abort).await;
                if request.planned.is_some() {
                    return Err(self.overtaken_plan(trace));
                }
                loaded = newer;
                continue;
            }
            let candidate = Candidate {
                value,
                revision: revision.clone(),
                loaded_at,
                trigger: load.trigger,
                origin: None,
            };
            let seen = revision.clone();
            let published = self.publish(candidate);
            if published.is_ok() {
                self.accept();
                self.good(seen, !is_blank);
            }
            return match self.end_swap(swap, published, trace).await {
                // A pause that began while it was prepared.
                Err(held) if held.is_held() => self.note_held(revision, held).map(Some),
                swapped => swapped.map(Some),
            };
        }
    }

    /// Whether enough time passes between loading and publishing that the source must be read again.
    fn takes_time(&self) -> bool {
        let validators = self.validators.as_ref();
        validators.is_some_and(|validators| validators.take_time()) || !self.participants.is_empty()
    }

    /// The present content of the source, if its revision differs from this one. A source that cannot be loaded counts as
    /// unchanged.
    async fn overtaken<F: Feed<V>>(
        &self,
        feed: &F,
        revision: Option<&Revision>,
    ) -> Option<Loaded<V>> {
        let revision = revision?;
        // Whatever caused this load, a group only collects the present values of its members.
        let request = LoadRequest {
            trigger: Trigger::Watch,
            resume: false,
            republish: false,
            planned: None,
        };
        match self.load_source(feed, Some(revision), request).await {
            Ok(
                Loaded::Value {
                    revision: Some(now),
                    ..
                }
                | Loaded::Emptied {
                    revision: Some(now),
                    ..
                },
            ) if now == *revision => None,
            Ok(Loaded::Unchanged | Loaded::Held { .. }) | Err(_) => None,
            Ok(newer) => Some(newer),
        }
    }

    /// The outcome if the source still has the last seen revision.
    pub(super) fn unchanged<F: Feed<V>>(&self, feed: &F) -> Result<Outcome, Outcome> {
        let state = self.state();
        match (&state.rejected, &state.held) {
            (Some(rejected), _) => Err(rejected.outcome.clone()),
            (None, Some(held)) => Ok(held.clone()),
            (None, None) => Ok(current(feed)),
        }
    }

    /// Whether this value is visible already.
    pub(crate) fn is_visible(
        &self,
        value: &V,
        revision: Option<&Revision>,
    ) -> Result<bool, Outcome> {
        let Some(current) = self.shared.publisher.current() else {
            return Ok(false);
        };
        let touch = revision.and_then(Revision::touch);
        match self.sameness {
            _ if self.state().cleared => Ok(false),
            // The source counts each write as a change.
            Sameness::Equal(_)
                if touch.is_some() && touch != current.revision().and_then(Revision::touch) =>
            {
                Ok(false)
            }
            Sameness::Equal(same) => contained(Stage::Decode, || same(current.value(), value)),
            Sameness::Revision => Ok(revision.is_some() && current.revision() == revision),
            Sameness::Never => Ok(false),
        }
    }

    fn good(&self, revision: Option<Revision>, has_content: bool) {
        self.clear_hold();
        let mut state = self.state();
        state.had_content = has_content;
        state.seen = revision;
        state.rejected = None;
        state.held = None;
        state.missing = false;
        state.emptied = false;
        state.cleared = false;
    }

    /// Rejects the content of this revision: the pipeline remembers it, and the error carries the revision.
    pub(crate) fn reject(&self, stage: Stage, error: Error, revision: Option<Revision>) -> Outcome {
        if stage != Stage::Prepare {
            self.shared.gate().clear_admission_hold();
        }
        self.state().seen.clone_from(&revision);
        let error = match revision {
            Some(revision) => error.with_revision(revision),
            None => error,
        };
        self.remember(Outcome::Rejected { stage, error })
    }

    fn remember(&self, rejected: Outcome) -> Outcome {
        let mut state = self.state();
        state.emptied = false;
        state.rejected = Some(Rejected {
            outcome: rejected.clone(),
            since: Instant::now(),
        });
        rejected
    }
}

/// The outcome if the source has only the visible value. A group may still have a held member.
pub(super) fn current<V, F: Feed<V>>(feed: &F) -> Outcome {
    match feed.hold() {
        Some(_) => Outcome::Held,
        None => Outcome::Unchanged,
    }
}
