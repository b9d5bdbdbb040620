//! The content for a load: from the source, or from its watch.

use super::Pipeline;
use super::candidate::Sameness;
use super::plan::found;
use super::trace::LoadTrace;
use crate::error::Error;
use crate::event::{Outcome, Stage};
use crate::hints::Content;
use crate::reload::{Loaded, unasked};
use crate::revision::Revision;
use crate::service::boundary::within;
use crate::service::feed::{Fault, Feed, LoadRequest};
use crate::service::token::PlanToken;
use crate::snapshot::Snapshot;

impl<V> Pipeline<V> {
    /// The revision that need not be loaded again.
    pub(super) fn seen(&self, request: LoadRequest) -> Option<Revision> {
        let LoadRequest {
            trigger,
            resume,
            republish,
            planned: _,
        } = request;
        let holds = self.shared.gate().holds();
        let state = self.state();
        // A person may retry rejected content. It is also retried now and then if a validator refused it, because the cause
        // may be gone.
        let again = state
            .rejected
            .as_ref()
            .is_some_and(|rejected| trigger.is_requested() || rejected.may_retry());
        // Content is loaded again if its hold has ended, or if it failed and a person requests a retry.
        let released = state.held.as_ref().is_some_and(|held| {
            resume || !holds || trigger.is_requested() && held.error().is_some()
        });
        let whole = republish || again || released || matches!(self.sameness, Sameness::Never);
        state.seen.clone().filter(|_| !whole)
    }

    /// Decodes content that the watch delivered, unless its revision is known. Fetches from a source that cannot decode it.
    pub(super) async fn delivered<F: Feed<V>>(
        &self,
        feed: &F,
        content: Content,
        request: LoadRequest,
    ) -> Result<Loaded<V>, Refusal> {
        if self.seen(request).as_ref() == Some(&content.revision) {
            return Ok(Loaded::Unchanged);
        }
        let revision = content.revision.clone();
        let late = "the content was not decoded";
        let decode = || async { feed.decode(content) };
        let decoded = within(Stage::Load, self.deadline.get(), late, decode).await;
        match decoded.and_then(|decoded| decoded) {
            Ok(Some(loaded)) => Ok(loaded),
            Ok(None) => self.fetch(feed, request).await,
            Err(error) if error.is_rejection() && error.revision().is_none() => {
                Err(self.refuse(error.with_revision(revision)))
            }
            Err(error) => Err(self.refuse(error)),
        }
    }

    pub(super) async fn fetch<F: Feed<V>>(
        &self,
        feed: &F,
        request: LoadRequest,
    ) -> Result<Loaded<V>, Refusal> {
        let seen = self.seen(request);
        let answer = self.load_source(feed, seen.as_ref(), request).await;
        if let Some(planned) = &request.planned {
            self.check_planned(planned, &answer, seen.as_ref())?;
        }
        self.shared.gate().source_waits(match &answer {
            Ok(Loaded::Held { hold, again }) => Some((hold, *again)),
            _ => None,
        });
        let error = match answer {
            Ok(Loaded::Unchanged) if seen.is_none() => unasked(),
            Ok(loaded) => return Ok(loaded),
            Err(Fault::Inside(outcome)) => return Err(Refusal::known(outcome)),
            Err(Fault::Source(error)) => error,
        };
        Err(self.refuse(error))
    }

    /// The refusal for an error of the source or of its decoder.
    fn refuse(&self, error: Error) -> Refusal {
        if !error.is_rejection() {
            return Refusal::known(Outcome::Failed { error });
        }
        let revision = error.revision().cloned();
        Refusal {
            outcome: self.reject(Stage::Decode, error, revision),
            is_fresh: true,
            is_aside: false,
        }
    }

    /// Checks that this is the content of the plan. Nothing of the load has had an effect yet.
    fn check_planned(
        &self,
        planned: &PlanToken,
        answer: &Result<Loaded<V>, Fault>,
        seen: Option<&Revision>,
    ) -> Result<(), Refusal> {
        let found = found(answer, seen);
        let visible = self.shared.publisher.current();
        let visible = visible.as_ref().map(Snapshot::generation);
        let target = &self.shared.observers.target;
        let Err(changed) = planned.check_content(target, visible, found.as_ref()) else {
            return Ok(());
        };
        let error = match answer {
            Err(Fault::Source(error)) if !error.is_rejection() => error.clone(),
            Ok(_) | Err(_) => changed,
        };
        Err(Refusal {
            outcome: Outcome::Failed { error },
            is_fresh: false,
            is_aside: true,
        })
    }

    pub(super) async fn load_source<F: Feed<V>>(
        &self,
        feed: &F,
        seen: Option<&Revision>,
        request: LoadRequest,
    ) -> Result<Loaded<V>, Fault> {
        let load = || feed.load(seen, request);
        let late = "the source did not answer";
        within(Stage::Load, self.deadline.get(), late, load).await?
    }
}

/// The outcome of a load without a value.
pub(super) struct Refusal {
    outcome: Outcome,
    /// Whether the content was rejected now, rather than known as rejected from an earlier load.
    is_fresh: bool,
    /// Whether the load had no effect.
    is_aside: bool,
}

impl Refusal {
    fn known(outcome: Outcome) -> Self {
        Self {
            outcome,
            is_fresh: false,
            is_aside: false,
        }
    }

    pub(super) fn note(self, trace: &mut LoadTrace) -> Outcome {
        trace.fresh = self.is_fresh;
        trace.aside = self.is_aside;
        self.outcome
    }
}
